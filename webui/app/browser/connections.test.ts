import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessible, chromiumAt, type Node, until, World } from './world';

const ana = { name: 'Ana Ruiz', email: 'ana@harbor.test' };

interface Shown { name: string; settings?: Record<string, string>; state: { secrets?: string[] } }

describe.skipIf(!chromiumAt)('connections', () => {
  let w: World, n: Node;
  beforeAll(async () => {
    w = await World.open();
    n = await w.node('connections');
    n.org('Harbor Legal Aid', ana);
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
});
