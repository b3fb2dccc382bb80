import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { act, arrived, partners, post, type Sent, type Side, stands } from './story';
import { accessible, chromiumAt, type Node, World } from './world';

const ana = { name: 'Ana Ruiz', email: 'ana@harbor.test' };
const olive = { name: 'Olive Tan', email: 'olive@commons.test' };

// Where pictures of the screens go, for a person to look at; nowhere unless asked.
const shots = process.env.REFERWORKS_SHOTS;
const shot = async (page: Page, name: string) => { if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true }); };

/** looks runs axe and takes a picture. */
const looks = async (page: Page, name: string) => { await accessible(page, name); await shot(page, name); };

const fits = async (page: Page) => expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0);

describe.skipIf(!chromiumAt)('the hosting console', () => {
  let w: World, node: Node, host: Page;
  beforeAll(async () => {
    w = await World.open();
    node = await w.node('provider');
    node.org('Harbor Legal Aid', ana);
    node.cli('user', 'demo', '--operator', olive.name, olive.email);
    host = await w.page(node);
    await host.goto(`${node.url}/demo#${encodeURIComponent(olive.email)}`);
  });
  afterAll(async () => { await w?.close(); });

  test('shows how the node is, and makes an organization whose owner is invited', async () => {
    await host.getByRole('heading', { name: 'Hosting', exact: true }).waitFor();
    await host.getByText('Free disk space').waitFor();
    expect(await host.getByRole('link', { name: 'Inbox' }).count()).toBe(0); // who runs the node sees no referral
    await looks(host, 'hosting');
    await host.getByLabel('Name of the organization').fill('Elm Street Elder Services');
    await host.getByRole('button', { name: 'Create the organization' }).click();
    await host.getByText('Elm Street Elder Services is there').waitFor();
    expect((await host.getByLabel('Passphrase of the root file').inputValue()).length).toBeGreaterThan(10);
    const saved = host.waitForEvent('download');
    await host.getByRole('button', { name: 'Save the file', exact: true }).first().click();
    expect((await saved).suggestedFilename()).toBe('referworks-root-file.txt');
    await looks(host, 'hosting-kit');
    await host.getByLabel('I have both files and both passphrases').check();
    await host.getByRole('button', { name: 'Done' }).click();
    const elm = host.getByRole('listitem').filter({ hasText: 'Elm Street' });
    await elm.getByLabel('Name', { exact: true }).fill('Ben Osei');
    await elm.getByLabel('E-mail').fill('ben@elm.test');
    await elm.getByRole('button', { name: 'Make the owner’s invitation' }).click();
    const link = await elm.getByLabel('Link').inputValue();
    expect(link).toContain('/setup#');
    await looks(host, 'hosting-owner');
    await elm.getByRole('button', { name: 'Done' }).click();
    w.well();
  });

  test('limits, suspends and resumes an organization, and its people read why', async () => {
    const harbor = host.getByRole('listitem').filter({ hasText: 'Harbor' });
    await harbor.getByRole('button', { name: 'Set the limit' }).click();
    await harbor.getByLabel('New referrals in 24 hours, at most').fill('40');
    await looks(host, 'hosting-limit');
    await harbor.getByRole('button', { name: 'Save the limit' }).click();
    await harbor.getByText('0 of 40').waitFor();
    await harbor.getByRole('button', { name: 'Measure now' }).click();
    await harbor.getByText(/of files/).waitFor();
    await harbor.getByRole('button', { name: 'Suspend', exact: true }).click();
    await harbor.getByLabel('Why').fill('The yearly agreement ended. Call Olive.');
    await looks(host, 'hosting-suspend');
    await harbor.getByRole('button', { name: 'Suspend the organization' }).click();
    await harbor.getByText('Suspended', { exact: true }).waitFor();
    await looks(host, 'hosting-suspended');
    const page = await w.enter(node, ana);
    await page.getByText('Your organization is suspended since').waitFor();
    await page.getByText('The yearly agreement ended. Call Olive.').waitFor();
    await looks(page, 'suspended');
    await harbor.getByRole('button', { name: 'Resume' }).click();
    await harbor.getByText('Working', { exact: true }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: /Ana Ruiz/ }).waitFor();
    expect(await page.getByText('Your organization is suspended').count()).toBe(0);
    const file = host.waitForEvent('download');
    await harbor.getByRole('button', { name: 'Save the file for moving away' }).click();
    expect((await file).suggestedFilename()).toBe('referworks-house-file.txt');
    await page.goto(`${node.url}/hosting`);
    await page.getByText('This page is for the person who runs this node.').waitFor(); // Ana does not run it
    w.well();
  });

  test('on a phone, dark, in Spanish', async () => {
    const page = await w.page(node, { width: 375, dark: true, language: 'es-US' });
    await page.goto(`${node.url}/demo#${encodeURIComponent(olive.email)}`);
    await page.getByRole('heading', { name: 'Alojamiento' }).waitFor();
    await page.getByRole('button', { name: 'Suspender' }).first().click();
    await looks(page, 'hosting-phone');
    await fits(page);
    w.well();
  });
});

describe.skipIf(!chromiumAt)('developers, the log and the help', () => {
  let w: World, node: Node, page: Page;
  beforeAll(async () => {
    w = await World.open();
    node = await w.node('harbor');
    node.org('Harbor Legal Aid', ana);
    page = await w.enter(node, ana);
  });
  afterAll(async () => { await w?.close(); });

  test('a key is made, shown once, used and revoked while events come in', async () => {
    await page.getByRole('link', { name: 'Developers', exact: true }).click();
    await page.getByText('There is no key yet').waitFor();
    await page.getByText('Offline').first().waitFor();
    await page.getByLabel('What the key is for').fill('Case system');
    await page.getByRole('button', { name: 'Make the key' }).click();
    const key = await page.getByLabel('Key', { exact: true }).inputValue();
    expect(key).toMatch(/^rw_live_/);
    expect((await fetch(`${node.url}/v1/referrals`, { headers: { Authorization: `Bearer ${key}` } })).status).toBe(200);
    await page.getByRole('cell', { name: 'apikey.created' }).first().waitFor(); // live, by the stream
    await looks(page, 'developers');
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Paused: nothing is lost').waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Revoke the key Case system' }).click();
    await page.getByRole('button', { name: 'Revoke the key', exact: true }).click();
    await page.getByText(/^Revoked/).waitFor();
    expect((await fetch(`${node.url}/v1/referrals`, { headers: { Authorization: `Bearer ${key}` } })).status).toBe(401);
    expect(await page.getByRole('cell', { name: 'apikey.revoked' }).count()).toBe(0); // paused
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('cell', { name: 'apikey.revoked' }).first().waitFor();
    await page.getByText('Python', { exact: true }).click();
    await page.getByText('import urllib.request').waitFor();
    w.well();
  });

  test('the log says in words who did what, and is saved with a trace', async () => {
    await page.getByRole('link', { name: 'Activity log' }).click();
    await page.getByText('revoked an API key').waitFor();
    await looks(page, 'activity');
    await page.getByLabel('What', { exact: true }).selectOption('account');
    await page.getByText('an account was made').first().waitFor();
    expect(await page.getByText('revoked an API key').count()).toBe(0);
    await page.getByLabel('What', { exact: true }).selectOption('consent');
    await page.getByText('Nothing was done that fits').waitFor();
    await page.getByLabel('What', { exact: true }).selectOption('');
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save as CSV' }).click();
    expect((await saved).suggestedFilename()).toBe('activity.csv');
    await page.getByText(/rows were saved/).waitFor();
    await page.reload();
    await page.getByText('saved this log as a file').waitFor();
    w.well();
  });

  test('help opens at the page that fits, can be searched, and needs no JavaScript', async () => {
    await page.goto(`${node.url}/developers`);
    await page.getByRole('link', { name: 'Help for this screen' }).click();
    await page.getByRole('heading', { name: /For developers/ }).waitFor();
    await looks(page, 'help');
    await page.getByLabel('Search the help').fill('four words');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByRole('heading', { name: 'Search: four words' }).waitFor();
    await looks(page, 'help-search');
    await page.getByRole('main').getByRole('link').first().click();
    await page.getByText(/four words/).first().waitFor();
    const plain = await w.browser.newContext({ javaScriptEnabled: false });
    const bare = await plain.newPage();
    await bare.goto(`${node.url}/help/using#partners`);
    await bare.getByRole('heading', { name: 'Partners' }).waitFor();
    await plain.close();
    w.well();
  });

  test('on a phone, dark, in Spanish', async () => {
    const phone = await w.enter(node, ana, { width: 375, dark: true, language: 'es-US' });
    for (const [path, title] of [['developers', 'Desarrollo'], ['activity', 'Registro de actividad']] as const) {
      await phone.goto(`${node.url}/${path}`);
      await phone.getByRole('heading', { name: title, exact: true }).waitFor();
      await phone.waitForLoadState('networkidle');
      await looks(phone, `${path}-phone`);
      await fits(phone);
    }
    await phone.goto(`${node.url}/help/hosting`);
    await looks(phone, 'help-phone');
    await fits(phone);
    w.well();
  });
});

describe.skipIf(!chromiumAt)('search, keys and reports', () => {
  let w: World, harbor: Side, elm: Side, page: Page, sent: Sent;
  beforeAll(async () => {
    w = await World.open();
    ({ harbor, elm } = await partners(w));
    [sent] = await post(harbor, [elm]) as [Sent];
    const [second] = await post(harbor, [elm], { name: 'Lena Vogt' }) as [Sent];
    await arrived(elm, sent);
    await arrived(elm, second);
    await act(elm, second, { kind: 'decline', reason: 'no-capacity', text: 'We are full.' });
    await stands(harbor, second, 'declined');
    page = await w.enter(elm.node, elm.person);
  });
  afterAll(async () => { await w?.close(); });

  test('a referral is found by its number, its partner and its state, and never by the name of the person', async () => {
    await page.getByRole('heading', { name: /Ben Okafor/ }).waitFor();
    await page.keyboard.press('/');
    const field = page.getByLabel('What do you look for?');
    await field.waitFor();
    await page.getByText(/can be found/).waitFor();
    await field.fill('harbor declined');
    await page.getByRole('list', { name: 'Found' }).getByRole('button').first().waitFor();
    expect(await page.getByRole('list', { name: 'Found' }).getByRole('button').count()).toBe(1);
    await looks(page, 'search');
    await field.fill('Ibarra');
    await page.getByText('Nothing found').waitFor();
    await field.fill(sent.reference.replaceAll('-', '').toLowerCase());
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: sent.reference }).waitFor();
    w.well();
  });

  test('A accepts, R replies, and keys of one letter can be turned off', async () => {
    await page.getByRole('heading', { name: 'What you can do' }).or(page.locator('#acts')).first().waitFor();
    await page.keyboard.press('a');
    const back = page.locator('section').filter({ has: page.locator('#acts') }).locator('form');
    await back.waitFor();
    await looks(page, 'key-a');
    await page.reload();
    await page.locator('#acts').waitFor();
    await page.keyboard.press('Control+k');
    await page.getByLabel('Keys of one letter').uncheck({ force: true });
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('a');
    await page.keyboard.press('/');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await back.count()).toBe(0);
    await page.keyboard.press('Control+k');
    await page.getByLabel('Keys of one letter').check({ force: true });
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: /^Inbox/ }).click();
    await page.locator('.rw-row').first().waitFor();
    await page.getByRole('heading', { name: 'Inbox' }).click();
    await page.keyboard.press('j');
    expect(await page.evaluate(() => document.activeElement?.className)).toContain('rw-row');
    w.well();
  });

  test('reports count what came of it, as tables, and save small numbers hidden', async () => {
    const one = await w.enter(harbor.node, harbor.person);
    await one.getByRole('link', { name: 'Reports' }).click();
    await one.getByRole('table', { name: 'Sent referrals by partner' }).waitFor();
    await one.getByRole('row', { name: /Elm Street Elder Services 2 0 \(0%\) 1 1/ }).waitFor();
    await one.getByText('Half were answered within').waitFor();
    await looks(one, 'reports');
    const saving = one.waitForEvent('download');
    await one.getByRole('button', { name: 'Save as CSV' }).click();
    const text = await (await (await saving).createReadStream()).toArray();
    expect(Buffer.concat(text as Buffer[]).toString()).toContain('Elm Street Elder Services,sent,<5');
    const phone = await w.enter(harbor.node, harbor.person, { width: 375, dark: true, language: 'es-US' });
    await phone.goto(`${harbor.node.url}/reports`);
    await phone.getByRole('table', { name: 'Derivaciones por semana' }).waitFor();
    await looks(phone, 'reports-phone');
    await fits(phone);
    await phone.getByRole('button', { name: 'Buscar' }).click();
    await phone.getByLabel('¿Qué busca?').fill('elm');
    await phone.getByRole('list', { name: 'Encontrado' }).waitFor();
    await looks(phone, 'search-phone');
    w.well();
  });
});
