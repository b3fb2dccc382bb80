import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { totp } from './totp';
import { accessible, chromiumAt, type Node, World } from './world';

/** Counted is a person at a page, whose pages, fields and decisions are counted on the way. */
class Counted {
  pages = new Set<string>();
  fields = 0;
  presses = 0;
  constructor(readonly page: Page) {}
  async at(heading: string | RegExp) {
    await this.page.getByRole('heading', { level: 1, name: heading }).waitFor();
    this.pages.add(String(heading));
  }
  async fill(label: string | RegExp, text: string) { this.fields++; await this.page.getByLabel(label, typeof label === 'string' ? { exact: true } : {}).fill(text); }
  async tick(label: string | RegExp) { this.fields++; await this.page.getByLabel(label).check(); }
  async press(name: string | RegExp, role: 'button' | 'link' = 'button') { this.presses++; await this.page.getByRole(role, { name }).first().click(); }
}

const words = (page: Page, of: string) => page.getByRole('list', { name: of }).getByRole('listitem').allTextContents();
const wide = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

describe.skipIf(!chromiumAt)('an empty node', () => {
  let w: World, node: Node, page: Page;
  let root: string;
  let rootWords: string[];
  beforeAll(async () => { w = await World.open(); });
  afterAll(async () => { await w?.close(); });

  test('from the printed link to the first practice referral and its answer', async () => {
    const began = Date.now();
    node = await w.node('empty', false);
    page = await w.page(node);
    const ana = new Counted(page);
    await page.goto(node.link());
    await ana.at('Make your account');
    await ana.fill('Your name', 'Ana Ruiz');
    await ana.fill('E-mail', 'ana@harbor.test');
    await ana.fill('Password', 'seven lamps under the cold river');
    await ana.press('Make my account');
    await ana.at('Protect your account');
    await ana.press('Use an authenticator app');
    await page.getByLabel('I cannot scan the picture').check();
    await ana.fill('6-digit code', totp(await page.getByLabel('Type this into the app').inputValue()));
    await ana.press('Use this app');
    await ana.at('Your recovery codes');
    await ana.tick('I have kept my codes');
    await ana.press('Go on');

    await ana.at('Create your organization');
    await accessible(page, 'create an organization');
    await ana.press('Create the organization'); // without a name
    await page.getByText('Write the name of the organization').first().waitFor();
    await accessible(page, 'no name');
    await ana.fill('Name of your organization', 'Harbor Legal Aid');
    await ana.fill('Phone for partners (optional)', '(617) 555-0100');
    await ana.press('Create the organization');

    await ana.at('Keep your two recovery files');
    await accessible(page, 'recovery files');
    rootWords = await words(page, 'The words that open the root file');
    const other = await words(page, 'The words that open the recovery file');
    expect([rootWords.length, other.length]).toEqual([8, 8]);
    await ana.press('I have both files and all words');
    await page.getByText('Save or print this first').waitFor();
    const [saved] = await Promise.all([page.waitForEvent('download'), ana.press('Save the root file')]);
    root = readFileSync(await saved.path(), 'utf8');
    expect(root).toContain('# Referworks recovery file: root');
    const [second] = await Promise.all([page.waitForEvent('download'), ana.press('Save the recovery file')]);
    expect(readFileSync(await second.path(), 'utf8')).toContain('# Referworks recovery file: recovery');
    // A printed page has a file or its words, never both.
    await page.evaluate(() => { (window as unknown as { print: () => void }).print = () => { document.title = document.querySelector('.rw-sheet')?.textContent ?? ''; }; });
    await ana.press('Print the words');
    await expect.poll(() => page.title()).toContain(rootWords[0] ?? 'never');
    expect(await page.title()).not.toContain('BEGIN AGE');
    await page.evaluate(() => window.dispatchEvent(new Event('afterprint')));
    await ana.press('I have both files and all words');
    const asks = page.getByLabel(/^Word \d of the/);
    await asks.first().waitFor();
    await accessible(page, 'two words');
    expect(await page.getByText(rootWords.join('')).count()).toBe(0);
    await ana.press('They are kept, go on');
    await page.getByText(/This is not word/).first().waitFor();
    for (const [of, list] of [['root', rootWords], ['recovery', other]] as const) {
      const field = page.getByLabel(new RegExp(`^Word \\d of the ${of} file`));
      const n = Number(/Word (\d)/.exec(await field.evaluate((e) => (e as HTMLInputElement).labels?.[0]?.textContent ?? ''))?.[1]);
      ana.fields++;
      await field.fill(` ${list[n - 1]?.toUpperCase()} `);
    }
    await ana.tick(/The files and their words are kept/);
    await ana.press('They are kept, go on');

    await ana.at('Set up Referworks');
    await page.getByText('Set-up: 2 of 6 done').waitFor();
    await accessible(page, 'task list');
    // Nothing of the secrets stays in the browser.
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }) + window.location.href + JSON.stringify(history.state));
    for (const word of rootWords.filter((x) => x.length > 5)) expect(kept).not.toContain(word);

    await ana.press('How you send and receive', 'link');
    await ana.at('Connections');
    await accessible(page, 'connections of an empty node');
    await ana.press('Switch on the form');
    await page.getByText('The form is on').waitFor();
    await ana.press('Back to the set-up', 'link');
    await page.getByText('Set-up: 3 of 6 done').waitFor();
    await ana.press('Send a test referral', 'link');
    await ana.at('Send a test referral');
    await ana.press('Begin to practice');
    await ana.press('One that is accepted');
    await page.getByText('Stored at the practice partner').waitFor({ timeout: 60_000 });
    await page.getByText('Answered:').waitFor({ timeout: 60_000 });
    await accessible(page, 'practice');
    console.log(`set-up: ${ana.pages.size} pages, ${ana.fields} fields, ${ana.presses} presses, ${Math.round((Date.now() - began) / 1000)} s with a machine at the keyboard`);
    await ana.press('Back to the set-up', 'link');
    await page.getByText('Set-up: 5 of 6 done').waitFor();

    await ana.press('Services you offer', 'link');
    await ana.at('Services you offer');
    await accessible(page, 'no services');
    await ana.press('Add a service');
    await ana.press('Save');
    await page.getByText('Write what this service is called').first().waitFor();
    await ana.fill('Name of the service', 'Advice on eviction');
    await page.getByText('Home', { exact: true }).last().click();
    await ana.tick('Renting a home, eviction or repairs');
    await ana.press('Save');
    await page.getByText('Saved', { exact: true }).waitFor();
    await accessible(page, 'services');
    await page.getByRole('link', { name: 'First steps', exact: true }).click();
    await page.getByText('You can now receive and send referrals').waitFor();
    await page.getByRole('link', { name: 'Home', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: /^Good / }).waitFor();
    expect(await page.getByText('Set-up: ').count()).toBe(0);
    w.well();
  });

  test('settings: hours, a recovery file that opens, and one that does not', async () => {
    await page.goto(`${node.url}/settings`);
    await page.getByRole('link', { name: 'Working hours' }).waitFor();
    await accessible(page, 'settings');
    await page.getByRole('link', { name: 'Working hours' }).click();
    await page.getByLabel('Days off (optional)').fill('2026-11-26\ntomorrow');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText(/day off 2/).waitFor();
    await accessible(page, 'hours');
    await page.getByLabel('Days off (optional)').fill('2026-11-26\n12-25');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved', { exact: true }).waitFor();
    for (const part of ['organization', 'consent', 'community']) {
      await page.goto(`${node.url}/settings/${part}`);
      await page.getByRole('link', { name: 'All settings' }).waitFor();
      await page.getByRole('heading', { level: 1 }).waitFor();
      await accessible(page, part);
    }
    await page.goto(`${node.url}/settings/recovery`);
    const check = page.getByRole('form', { name: 'See that a file opens' });
    await check.waitFor();
    await accessible(page, 'recovery');
    await check.locator('input[type=file]').setInputFiles({ name: 'root.txt', mimeType: 'text/plain', buffer: Buffer.from(root) });
    await check.getByLabel('Its words', { exact: true }).fill('ocean velvet garden lunar timber walnut copper saddle');
    await check.getByRole('button', { name: 'See that a file opens' }).click();
    await check.getByText('These words do not open this file').first().waitFor();
    await check.getByLabel('Its words', { exact: true }).fill(rootWords.join(' '));
    await check.getByRole('button', { name: 'See that a file opens' }).click();
    await check.getByText('The root file opens and is the one in force').waitFor();
    await page.getByText(/opened here on/).waitFor();
    w.well();
  });

  test('on a phone, dark, in Spanish', async () => {
    const small = await w.browser.newContext({ viewport: { width: 375, height: 800 }, colorScheme: 'dark', locale: 'es-US', storageState: await page.context().storageState() });
    const phone = await small.newPage();
    await phone.addInitScript(() => localStorage.setItem('referworks.language', 'es'));
    for (const [path, heading] of [['start', 'Ponga Referworks en marcha'], ['start/practice', 'Envíe una derivación de prueba'], ['settings', 'Ajustes'], ['settings/services', 'Servicios que ofrece'], ['settings/hours', 'Horario de trabajo'], ['settings/recovery', 'Archivos de recuperación'], ['find', 'Buscar un servicio'], ['connections', 'Conexiones']] as const) {
      await phone.goto(`${node.url}/${path}`);
      await phone.getByRole('heading', { level: 1, name: heading }).waitFor();
      await phone.waitForLoadState('networkidle');
      await accessible(phone, `${path}, phone`);
      expect(await wide(phone), path).toBeLessThanOrEqual(0);
    }
    w.well();
  });
});
