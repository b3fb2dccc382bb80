import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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
    await page.getByRole('alert').first().waitFor(); // Ana does not run the node
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
