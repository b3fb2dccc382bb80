import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessible, chromiumAt, World } from './world';

describe.skipIf(!chromiumAt)('connections', () => {
  let w: World;
  beforeAll(async () => { w = await World.open(); });
  afterAll(async () => { await w?.close(); });

  test('an e-mail connection: faults at their fields, a password that is not shown again, a test that says what is wrong, a pause', async () => {
    const n = await w.node('connections');
    const ana = { name: 'Ana Ruiz', email: 'ana@harbor.test' };
    n.org('Harbor Legal Aid', ana);
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
});
