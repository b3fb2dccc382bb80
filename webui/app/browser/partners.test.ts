import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessible, chromiumAt, type Node, World } from './world';

const ana = { name: 'Ana Ruiz', email: 'ana@harbor.test' };
const ben = { name: 'Ben Okafor', email: 'ben@elm.test' };

const words = async (page: Page) => page.getByRole('list', { name: 'The four words' }).getByRole('listitem').allTextContents();

describe.skipIf(!chromiumAt)('partners', () => {
  let w: World, harbor: Node, elm: Node, one: Page, two: Page;
  beforeAll(async () => {
    w = await World.open();
    [harbor, elm] = [await w.node('harbor'), await w.node('elm')];
    harbor.org('Harbor Legal Aid', ana);
    elm.org('Elm Street Elder Services', ben);
    one = await w.enter(harbor, ana);
    two = await w.enter(elm, ben);
  });
  afterAll(async () => { await w?.close(); });

  test('two people in two browsers meet by an invitation and compare words', async () => {
    await one.getByRole('link', { name: 'Partners', exact: true }).click();
    await one.getByText('You have no partner yet').waitFor();
    await accessible(one, 'no partners');
    await one.getByRole('button', { name: 'Make an invitation' }).click();
    const invitation = await one.getByLabel('Invitation', { exact: true }).inputValue();
    expect(invitation).toMatch(/^rwinvite1\./);
    await accessible(one, 'invitation made');

    await two.getByRole('link', { name: 'Partners', exact: true }).click();
    await two.getByLabel('The invitation').fill('this is not one at all, it is a letter');
    await two.getByRole('button', { name: 'Accept the invitation' }).click();
    await two.getByRole('alert').waitFor();
    await two.getByLabel('The invitation').fill(`Dear Ben,\n\n${invitation}\n\nAna`);
    await two.getByRole('button', { name: 'Accept the invitation' }).click();
    await two.getByRole('heading', { name: 'Compare four words by phone' }).waitFor();
    await accessible(two, 'words');

    await one.getByRole('link', { name: /Elm Street Elder Services/ }).click();
    await one.getByRole('heading', { name: 'Compare four words by phone' }).waitFor();
    expect(await words(one)).toEqual(await words(two));
    expect(await words(one)).toHaveLength(4);

    for (const page of [one, two]) {
      await page.getByRole('button', { name: 'The words are the same' }).click();
      await page.getByRole('heading', { name: /What may move between you and/ }).waitFor();
      await accessible(page, 'permissions');
      await page.getByRole('button', { name: 'Say yes to this' }).click();
    }
    for (const [page, name] of [[one, 'Elm Street Elder Services'], [two, 'Harbor Legal Aid']] as const) {
      await page.getByText(`${name} may send you referrals about: every kind of need.`).waitFor();
      await page.getByText(`You may send ${name} referrals about: every kind of need.`).waitFor();
      await page.getByText('Their computer answers').waitFor();
      await accessible(page, 'partner');
    }
    w.well();
  });

  test('what may move is changed, paused and taken up again', async () => {
    await one.getByRole('button', { name: 'Change what may move' }).click();
    await one.getByLabel('Only some legal and benefit matters').check();
    await one.getByRole('button', { name: 'Save' }).click();
    await one.getByText('Choose at least one need').waitFor();
    await one.getByLabel('Public housing', { exact: true }).check();
    await one.getByLabel('New referrals a day, at most (optional)').fill('5');
    await one.getByRole('button', { name: 'Save' }).click();
    await one.getByText('Your new terms wait for the yes of Elm Street Elder Services').waitFor();
    await accessible(one, 'new terms asked');
    await two.getByText('Harbor Legal Aid waits for your yes').waitFor();
    await two.getByText('At most 5 new referrals a day').waitFor();
    await accessible(two, 'new terms proposed');
    await two.getByRole('button', { name: 'Say yes to these terms' }).click();
    await one.getByText('Elm Street Elder Services may send you referrals about: Public housing.').waitFor();
    await one.getByText('At most 5 new referrals a day').waitFor();
    await two.getByText('You may send Harbor Legal Aid referrals about: Public housing.').waitFor();

    await one.getByRole('button', { name: 'Pause' }).click();
    await one.getByText('Nothing moves until you go on.').waitFor();
    await accessible(one, 'pause');
    await one.getByRole('button', { name: 'Pause' }).click();
    await one.getByText(/\(paused by you\)/).first().waitFor();
    await two.getByText(/\(paused by them\)/).first().waitFor();
    await one.getByRole('button', { name: 'Go on again' }).click();
    await one.getByRole('button', { name: 'Go on again' }).click();
    await two.getByText('You may send Harbor Legal Aid referrals about: Public housing.').waitFor();
    w.well();
  });

  test('on a phone, dark, in Spanish', async () => {
    const page = await w.enter(harbor, ana, { width: 375, dark: true, language: 'es-US' });
    await page.goto(`${harbor.url}/partners`);
    await page.getByRole('heading', { name: 'Organizaciones asociadas' }).waitFor();
    await accessible(page, 'partners, phone');
    await page.getByRole('link', { name: /Elm Street Elder Services/ }).click();
    await page.getByRole('heading', { name: 'Qué se puede mover' }).waitFor();
    await accessible(page, 'partner, phone');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wide).toBeLessThanOrEqual(0);
    w.well();
  });
});
