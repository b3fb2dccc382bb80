import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { totp } from './totp';
import { accessible, chromiumAt, World } from './world';

describe.skipIf(!chromiumAt)('the first person', () => {
  let w: World;
  beforeAll(async () => { w = await World.open(); });
  afterAll(async () => { await w?.close(); });

  test('from the printed link to a signed-in owner, out, and in again', async () => {
    const node = await w.node('first', false);
    const page = await w.page(node);
    await page.goto(node.link());
    await accessible(page, 'set up');
    await page.getByLabel('Your name').fill('Ana Ruiz');
    await page.getByLabel('E-mail').fill('ana@harbor.test');
    await page.getByLabel('Password', { exact: true }).fill('short');
    await page.getByRole('button', { name: 'Make my account' }).click();
    await expect.poll(() => page.getByText('Make it 15 or more').count()).toBe(1);
    await page.getByLabel('Password', { exact: true }).fill('seven lamps under the cold river');
    await page.getByRole('button', { name: 'Make my account' }).click();
    await page.getByRole('heading', { name: 'Protect your account' }).waitFor();
    await accessible(page, 'protect');
    await page.getByRole('button', { name: 'Use an authenticator app' }).click();
    await page.getByLabel('I cannot scan the picture').check();
    const secret = await page.getByLabel('Type this into the app').inputValue();
    await accessible(page, 'authenticator app');
    await page.getByLabel('6-digit code').fill(totp(secret));
    await page.getByRole('button', { name: 'Use this app' }).click();
    await page.getByRole('heading', { name: 'Your recovery codes' }).waitFor();
    const codes = await page.getByRole('list', { name: 'Your recovery codes' }).getByRole('listitem').allTextContents();
    expect(codes.length).toBe(8);
    await accessible(page, 'recovery codes');
    await page.getByLabel('I have kept my codes').check();
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await accessible(page, 'sign in');
    await page.getByLabel('E-mail').fill('ana@harbor.test');
    await page.getByLabel('Password', { exact: true }).fill('seven lamps under the cold river');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByLabel('6-digit code').fill(codes[0] ?? '');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    // The link is used up.
    const other = await w.page(node);
    await other.goto(node.link());
    await other.getByText('this link was used or is too old').waitFor();
    w.well();
  });
});
