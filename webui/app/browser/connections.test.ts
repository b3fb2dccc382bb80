import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessible, chromiumAt, fits, type Node, settled, until, World } from './world';

const ana = { name: 'Ana Ruiz', email: 'ana@harbor.test' };
const luz = { name: 'Luz Marín', email: 'luz@harbor.test' };

interface Shown { name: string; settings?: Record<string, string>; mapping: string; recipients?: Record<string, string>; rules?: { needs?: { code: string }[]; areas?: string[]; to?: string[] }[]; consent?: { days: number; method: string; purposes: string[]; onward: string }; state: { secrets?: string[] } }

describe.skipIf(!chromiumAt)('connections', () => {
  let w: World, n: Node;
  beforeAll(async () => {
    w = await World.open();
    n = await w.node('connections');
    const id = n.org('Harbor Legal Aid', ana);
    n.cli('--org', id, 'user', 'demo', luz.name, luz.email, '--language', 'es');
  });
  afterAll(async () => { await w?.close(); });

  test('an e-mail connection: faults at their fields, a password that is not shown again, a test that says what is wrong, a pause', async () => {
    const p = await w.enter(n, ana);
    await p.goto(`${n.url}/connections`);
    await p.getByRole('button', { name: 'Switch on the form' }).click();
    await p.getByText('The form is on').waitFor();
    await p.getByRole('link', { name: 'E-mail', exact: true }).click();
    await p.getByRole('button', { name: 'Set up the connection' }).waitFor();
    await accessible(p, 'new e-mail');
    await p.getByRole('button', { name: 'Set up the connection' }).click();
    await p.getByRole('alert').first().waitFor();
    const said = p.getByRole('alert').first();
    for (const sentence of ['Mail server is empty. Fill it in.', 'No form is chosen. Choose the one it speaks.']) {
      await said.getByRole('link', { name: sentence }).waitFor();
      await expect.poll(() => p.getByText(sentence).count(), { message: `${sentence} stands at the top and at its place` }).toBe(2);
    }
    expect(await said.innerText()).not.toMatch(/format|referworks/);
    await said.getByRole('link', { name: 'No form is chosen. Choose the one it speaks.' }).click();
    await expect.poll(() => p.getByLabel('Matched form').evaluate((e) => e === document.activeElement)).toBe(true);
    await accessible(p, 'with faults');
    await p.getByLabel('Mail server', { exact: true }).fill('127.0.0.1');
    await p.getByLabel('Sender address').fill('node@harbor.test');
    await p.getByLabel('Your mailbox').fill('intake@harbor.test');
    await p.getByLabel(/User name/).first().fill('ana');
    await p.locator('[id="settings.password"]').fill('secret words');
    await p.locator('#mapping').selectOption('web-form');
    await p.getByLabel('Referrals from partners go out to it').check();
    await p.getByRole('button', { name: 'Set up the connection' }).click();
    await p.getByRole('button', { name: 'Test it' }).waitFor();
    await p.getByRole('button', { name: 'Test it' }).click();
    await p.getByRole('alert').first().waitFor();
    expect(await p.content()).not.toContain('secret words');
    await p.getByRole('button', { name: 'Pause' }).click();
    await p.getByRole('button', { name: 'Go on again' }).waitFor();
    await accessible(p, 'paused');
    w.well();
  });

  test('an HTTP connection: made, tested, its secret replaced and forgotten, changed, removed', async () => {
    const asked: string[] = [];
    const theirs: Server = createServer((q, a) => { asked.push(`${q.method} ${q.headers.authorization ?? 'nobody'}`); a.statusCode = q.headers.authorization === 'Bearer right-token' ? 204 : 401; a.end(); });
    await new Promise<void>((done) => { theirs.listen(0, '127.0.0.1', done); });
    const at = `http://127.0.0.1:${(theirs.address() as AddressInfo).port}/intakes`;
    try {
      const call = await n.as(ana);
      const shown = () => call<Shown>('GET', '/v1/connections/case-system');
      const p = await w.enter(n, ana);
      await p.goto(`${n.url}/connections`);
      await p.getByRole('link', { name: 'Your system’s API (HTTP)' }).click();
      await p.getByLabel('Name', { exact: true }).fill('Case system');
      await p.getByLabel('Address', { exact: true }).fill(at);
      await p.getByLabel('Sign-in').selectOption('bearer');
      await p.locator('[id="settings.token"]').fill('wrong-token');
      await p.locator('#mapping').selectOption('web-form');
      await accessible(p, 'new HTTP connection');
      await p.getByRole('button', { name: 'Set up the connection' }).click();
      await p.waitForURL(`${n.url}/connections/case-system`);
      await p.getByRole('button', { name: 'Test it' }).click();
      await p.getByText('The system did not accept our sign-in (401). Check it in the connection.').waitFor();
      expect(asked).toContain('HEAD Bearer wrong-token');
      await accessible(p, 'a test that says what is wrong');

      // A kept secret is never shown; a new one takes its place, and nothing else changes.
      const token = p.locator('[id="settings.token"]');
      expect(await token.inputValue()).toBe('');
      expect(await p.content()).not.toContain('wrong-token');
      expect(JSON.stringify(await shown())).not.toContain('wrong-token');
      await token.fill('right-token');
      await p.getByRole('button', { name: 'Save the changes' }).click();
      await p.getByText('Saved', { exact: true }).first().waitFor();
      await expect.poll(() => token.inputValue()).toBe('');
      await p.getByRole('button', { name: 'Test it' }).click();
      await p.getByText('It works', { exact: true }).waitFor();
      expect(asked.at(-1)).toBe('HEAD Bearer right-token');
      expect(await p.content()).not.toContain('right-token');

      await p.getByLabel('Name', { exact: true }).fill('Case system, new name');
      await p.getByText('More settings').click();
      await p.getByLabel('Place of the new id').fill('data.id');
      await p.getByRole('button', { name: 'Save the changes' }).click();
      await until('the change is kept', async () => (await shown()).name === 'Case system, new name' && (await shown()).settings?.['id-path'] === 'data.id');
      expect((await shown()).state.secrets).toEqual(['token']);

      // Forgotten: with the sign-in that needs it, it says so; without one, nothing is left of it.
      await p.getByLabel('Forget what is kept: Token').check();
      await p.getByRole('button', { name: 'Save the changes' }).click();
      await p.getByRole('alert').first().waitFor();
      expect((await shown()).state.secrets).toEqual(['token']); // what was refused changed nothing
      await p.getByLabel('Sign-in').selectOption('none');
      await p.getByRole('button', { name: 'Save the changes' }).click();
      await until('the secret is forgotten', async () => ((await shown()).state.secrets ?? []).length === 0);
      await p.getByRole('button', { name: 'Test it' }).click();
      await expect.poll(() => asked.at(-1)).toBe('HEAD nobody');

      await p.getByRole('button', { name: 'Remove', exact: true }).click();
      await p.getByText('Remove Case system, new name?').waitFor();
      await accessible(p, 'removing');
      await p.getByRole('button', { name: 'Remove', exact: true }).click();
      await p.waitForURL(`${n.url}/connections`);
      await expect.poll(() => p.getByText('Case system, new name').count()).toBe(0);
      await expect(shown()).rejects.toThrow('404');
      w.well();
    } finally { theirs.close(); }
  });

  test('whom documents go to, and how consent is taken: said once, read back, kept', async () => {
    const call = await n.as(ana);
    await call('POST', '/v1/practice');
    const partner = await until('the practice partner is one', async () => (await call<{ items: { id: string; name: string; weSend: string }[] }>('GET', '/v1/partners')).items.find((x) => x.weSend === 'yes'));
    const p = await w.enter(n, ana);
    await p.goto(`${n.url}/connections/new?kind=api`);
    await p.getByLabel('Name', { exact: true }).fill('Front desk');
    await p.locator('#mapping').selectOption('web-form');
    await p.getByRole('button', { name: 'Add a name' }).click();
    await p.getByLabel('Name in your system').fill('PP-1');
    await p.getByLabel('Partner', { exact: true }).selectOption(partner.id);
    await p.getByRole('button', { name: 'Add a rule' }).click();
    const rule = p.getByRole('group', { name: 'Rule 1' });
    await rule.locator('summary').first().click();
    await rule.getByRole('checkbox').first().check();
    await rule.getByLabel('And the postal code begins with (optional)').pressSequentially('0213, 0214');
    await p.getByRole('button', { name: 'Set up the connection' }).click();
    await p.getByRole('alert').first().waitFor(); // the rule leads to nobody
    await accessible(p, 'a rule that leads to nobody');
    await rule.getByLabel(partner.name).check();
    await p.getByLabel('We take consent the same way each time').check();
    await p.getByLabel('How it is given').selectOption('verbal');
    await p.getByLabel('For how many days, from the day of the referral').fill('90');
    await p.getByLabel('May the partner pass it on?').selectOption('named');
    await p.getByText('It comes from the person, is spoken, and written down by you, and lasts 90 days.', { exact: false }).waitFor();
    await p.getByText('It may be passed on to the organizations that are named.', { exact: false }).waitFor();
    await p.getByRole('button', { name: 'Set up the connection' }).click();
    await p.waitForURL(`${n.url}/connections/front-desk`);
    const kept = await call<Shown>('GET', '/v1/connections/front-desk');
    expect(kept.recipients).toEqual({ 'PP-1': partner.id });
    expect(kept.rules).toHaveLength(1);
    expect(kept.rules?.[0]).toMatchObject({ areas: ['0213', '0214'], to: [partner.id] });
    expect(kept.rules?.[0]?.needs).toHaveLength(1);
    expect(kept.consent).toMatchObject({ days: 90, method: 'verbal', onward: 'named' });

    // What was kept stands there again, also in Spanish on a phone in the dark; and a rule is taken away.
    const phone = await w.enter(n, luz, { width: 375, dark: true, language: 'es-US' });
    await phone.goto(`${n.url}/connections/front-desk`);
    await phone.getByRole('heading', { name: 'Reglas' }).or(phone.getByText('Reglas', { exact: true })).first().waitFor();
    await settled(phone);
    expect(await phone.getByLabel('Y el código postal empieza con (opcional)').inputValue()).toBe('0213, 0214');
    await phone.getByText('90 días', { exact: false }).first().waitFor();
    await fits(phone, 'rules and consent, phone');
    await accessible(phone, 'rules and consent, phone, dark, Spanish');
    await p.getByRole('button', { name: 'Remove: Rule 1' }).click();
    await p.getByLabel('We take consent the same way each time').uncheck();
    await p.getByRole('button', { name: 'Save the changes' }).click();
    await until('rule and statement are gone', async () => { const c = await call<Shown>('GET', '/v1/connections/front-desk'); return (c.rules ?? []).length === 0 && c.consent === undefined; });
    w.well();
  });

  test('a ready connection says what it needs, and starts the mapping', async () => {
    const p = await w.enter(n, ana);
    await p.goto(`${n.url}/connections`);
    await p.getByRole('textbox', { name: 'Search' }).fill('legalserver');
    await p.getByRole('link', { name: 'LegalServer' }).click();
    await p.getByRole('heading', { name: 'What you need from your vendor' }).waitFor();
    await p.getByText('A personal access token of that user', { exact: false }).waitFor();
    const help = p.getByRole('link', { name: 'All about this connection, in the help' });
    const page = await p.request.get(new URL(await help.getAttribute('href') ?? '', n.url).href);
    expect(page.status()).toBe(200);
    expect(await page.text()).toContain('LegalServer');
    await accessible(p, 'a ready connection');
    const phone = await w.enter(n, luz, { width: 375, dark: true, language: 'es-US' });
    await phone.goto(`${n.url}/connections/new?kind=legalserver`);
    await phone.getByRole('heading', { name: 'Lo que necesita de su proveedor' }).waitFor();
    await phone.getByText('Un token de acceso personal de ese usuario', { exact: false }).waitFor();
    await phone.getByLabel('Disposición de los asuntos nuevos', { exact: false }).first().waitFor({ state: 'attached' });
    await fits(phone, 'a ready connection, phone');
    await accessible(phone, 'a ready connection, phone, dark, Spanish');

    await p.getByRole('button', { name: 'Start with these fields' }).click();
    await p.waitForURL(`${n.url}/fields/legalserver`);
    await p.getByRole('button', { name: 'Use a sample record of LegalServer (an invented person)' }).click();
    await p.getByText('Understood as: JSON').waitFor();
    const looked = p.getByLabel('I have looked at the values');
    await looked.check();
    await p.getByRole('button', { name: 'Publish', exact: true }).click();
    await p.getByText('Version 1 is published', { exact: true }).waitFor();
    await p.goto(`${n.url}/connections/new?kind=legalserver`);
    await expect.poll(() => p.locator('#mapping').inputValue()).toBe('legalserver');
    expect(await p.getByRole('button', { name: 'Start with these fields' }).count()).toBe(0);
    w.well();
  });
});
