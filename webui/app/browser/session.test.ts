import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { free } from './smtp';
import { ana, arrived, ben, partners, post, type Sent, type Side, side } from './story';
import { accessible, chromiumAt, settled, World } from './world';

const password = 'seven lamps under the cold river';

describe.skipIf(!chromiumAt)('a session and its line of events', () => {
  let w: World;
  beforeAll(async () => { w = await World.open(); });
  afterAll(async () => { await w?.close(); });

  test('it outlives a restart of the node; one that ended leads to signing in, and back to the same page', async () => {
    // A node keeps its port when it starts again, as a real one does: the cookie's name has it.
    const node = await w.node('restarted', true, `127.0.0.1:${await free()}`);
    const harbor = await side(node, 'Harbor Legal Aid', ana);
    await harbor.call('PUT', '/v1/account/password', { password });
    const page = await w.enter(node, ana);
    const live = page.getByRole('navigation', { name: 'Main' }).getByRole('status');
    await page.goto(`${node.url}/people`);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByLabel('Name', { exact: true }).fill('Noor Haddad');
    await node.stop();
    await page.getByText('Not live: trying to connect again').waitFor();
    await node.serve();
    await expect.poll(() => live.innerText(), { timeout: 120_000 }).toBe('Live');
    expect(await page.getByLabel('Name', { exact: true }).inputValue(), 'what was typed').toBe('Noor Haddad');
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'People' }).waitFor();

    // Ana ends it from her other computer; nobody touches this page.
    await (await node.as(ana))('DELETE', '/v1/account/sessions');
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    await page.getByText('Your session has ended').waitFor();
    await accessible(page, 'session ended');
    await page.getByLabel('E-mail').fill(ana.email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'People' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/people');

    // Whoever signs out by themselves is not told that something ended.
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    expect(await page.getByText('Your session has ended').count()).toBe(0);
    w.well();
  });

  test('an act that comes too late says so and offers to sign in', async () => {
    const node = await w.node('late');
    await side(node, 'Harbor Legal Aid', ana);
    const page = await w.enter(node, ana);
    await page.routeWebSocket(/events\/stream/, () => undefined); // a line that says nothing: the page learns it from its act alone
    await page.goto(`${node.url}/account`);
    await settled(page);
    await (await node.as(ana))('DELETE', '/v1/account/sessions');
    await page.getByLabel('Your name').fill('Ana Ruiz Vega');
    await page.getByRole('button', { name: 'Save' }).click();
    const said = page.getByRole('alert').filter({ hasText: 'You are signed out. Sign in again.' });
    await said.waitFor();
    expect(await page.getByLabel('Your name').inputValue(), 'what was typed').toBe('Ana Ruiz Vega');
    await accessible(page, 'signed out');
    await said.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    w.well();
  });

  test('events of another log, as after a restore, are read from the beginning, and the page goes on', async () => {
    const both: { harbor: Side; elm: Side } = await partners(w);
    const page = await w.enter(both.elm.node, ben);
    const closed: number[] = [];
    await page.exposeFunction('heardClose', (code: number) => { closed.push(code); });
    await page.addInitScript((kept) => {
      const Real = window.WebSocket;
      window.WebSocket = class extends Real {
        constructor(...of: ConstructorParameters<typeof WebSocket>) {
          super(...of);
          this.addEventListener('close', (e) => (window as unknown as { heardClose(code: number): void }).heardClose(e.code));
        }
      };
      if (!sessionStorage.getItem('once')) { sessionStorage.setItem('once', 'x'); localStorage.setItem(kept, '99999999'); } // a number that this log never reached
    }, `referworks.seen.${both.elm.org}`);
    await page.goto(`${both.elm.node.url}/inbox`);
    await expect.poll(() => closed, { timeout: 60_000 }).toContain(4409);
    await page.getByText('Live', { exact: true }).waitFor();
    expect(Number(await page.evaluate((kept) => localStorage.getItem(kept), `referworks.seen.${both.elm.org}`))).toBeLessThan(99999999);
    const [sent] = await post(both.harbor, [both.elm]);
    const got = await arrived(both.elm, sent as Sent);
    await page.getByRole('link', { name: new RegExp(got.reference) }).waitFor(); // by itself
    await accessible(page, 'after another log');

    // The developers' list of events does the same: it shows none of the other log, and then this one's.
    await page.evaluate((kept) => localStorage.setItem(kept, '99999999'), `referworks.seen.${both.elm.org}`);
    closed.length = 0;
    await page.goto(`${both.elm.node.url}/developers`);
    await expect.poll(() => closed.filter((c) => c === 4409).length, { timeout: 60_000 }).toBeGreaterThanOrEqual(2);
    await page.getByRole('cell', { name: /^referral\./ }).first().waitFor();
    w.well();
  });
});
