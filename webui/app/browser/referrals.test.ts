import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ana, ben, noor, partners, type Side, side } from './story';
import { mapping } from '../src/screens/compose/mapping';
import { accessible, chromiumAt, fits, pair, settled, World } from './world';

interface Listed { items: { id: string; reference: string; status: string; partner: string }[] }

describe.skipIf(!chromiumAt)('referrals', () => {
  let w: World, harbor: Side, elm: Side, north: Side, one: Page, two: Page;
  beforeAll(async () => {
    w = await World.open();
    ({ harbor, elm } = await partners(w));
    north = await side(elm.node, 'Northside Food Bank', noor);
    await pair(harbor, north);
    one = await w.enter(harbor.node, ana);
    two = await w.enter(elm.node, ben);
  });
  afterAll(async () => { await w?.close(); });

  /** write fills in the form up to the last step. */
  const write = async (page: Page, person: string, to: string[]) => {
    const next = () => page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('link', { name: 'Send a referral' }).first().click();
    await page.getByRole('heading', { name: 'What is needed' }).waitFor();
    await page.getByLabel('What help is needed?').selectOption({ label: 'Renting a home, eviction or repairs' });
    await page.getByLabel('In your words (optional)').fill('Notice to leave');
    await page.getByLabel('Urgent', { exact: true }).check();
    await next();
    await page.getByRole('heading', { name: 'Who should help' }).waitFor();
    for (const name of to) await page.getByLabel(name, { exact: true }).check();
    await next();
    await page.getByRole('heading', { name: 'The person' }).waitFor();
    await page.getByLabel('Full name').fill(person);
    await next();
    await page.getByRole('heading', { name: 'Safe contact' }).waitFor();
    await page.getByLabel('You contact the person').check();
    await page.getByLabel('Phone (optional)').fill('617 555 0123');
    await page.getByRole('radiogroup', { name: 'Is the phone safe to use?' }).getByLabel('Yes').check();
    await page.getByLabel('Safety rules (optional)').fill('Her son must not know.');
    await next();
    await page.getByRole('heading', { name: 'What they need to know' }).waitFor();
    await page.getByLabel('What happened (optional)').fill('The new owner wants everybody out.');
    await next();
    await page.getByRole('heading', { name: 'Consent' }).waitFor();
    await page.getByLabel('Who said yes?').fill(person);
    await page.getByLabel('Spoken').check();
    await page.getByRole('radiogroup', { name: 'May they tell you how it went?' }).getByLabel('Yes').check();
    await next();
    await page.getByRole('heading', { name: 'Check your answers' }).waitFor();
  };

  test('what is missing is said, the way back is kept, and ten seconds undo', async () => {
    await one.getByRole('link', { name: 'Send a referral' }).first().click();
    await one.getByRole('button', { name: 'Continue' }).click();
    await one.getByRole('alert').getByText('Choose what help is needed').waitFor();
    await accessible(one, 'something is missing');
    await one.goto(harbor.node.url);
    await write(one, 'Rosa Ibarra', ['Elm Street Elder Services']);
    const sees = one.getByRole('region', { name: 'Elm Street Elder Services will see' });
    await sees.getByText('Full name').waitFor();
    await one.getByRole('region', { name: 'Stays with you' }).waitFor();
    await accessible(one, 'check');
    await one.getByRole('button', { name: 'Change: The person' }).click();
    await one.getByLabel('Name they use (optional)').fill('Rosi');
    await one.getByRole('button', { name: 'Back to check' }).click();
    await sees.getByText('Name they use').waitFor();

    await one.getByRole('button', { name: 'Send the referral to Elm Street Elder Services' }).click();
    await one.getByText(/It leaves in \d+ seconds?/).waitFor();
    await accessible(one, 'ten seconds');
    await one.getByRole('button', { name: 'Undo' }).click();
    await one.getByRole('button', { name: 'Send the referral to Elm Street Elder Services' }).waitFor();
    expect((await harbor.call<Listed>('GET', '/v1/referrals?direction=out')).items).toEqual([]);
    w.well();
  });

  test('one is sent, asked about, answered and accepted, in two browsers', async () => {
    await one.getByRole('button', { name: 'Send the referral to Elm Street Elder Services' }).click();
    await one.getByRole('heading', { name: 'The referral is on its way' }).waitFor(); // after ten seconds, by itself
    await accessible(one, 'sent');
    const reference = (await one.getByRole('main').getByRole('link', { name: /^RW-/ }).textContent()) ?? '';
    await one.getByRole('main').getByRole('link', { name: reference }).click();
    await one.getByRole('heading', { name: reference }).waitFor();
    await two.getByRole('link', { name: /^Inbox/ }).click();
    await two.getByRole('main').getByRole('link', { name: new RegExp(reference) }).click();
    await two.getByRole('heading', { name: reference }).waitFor();
    await two.getByText('Rosa Ibarra').first().waitFor();
    await accessible(two, 'received');
    await two.getByText(/more steps?/).click();
    await two.getByRole('button', { name: 'Ask a question' }).click();
    await two.getByLabel('Your question').fill('Is there a hearing date?');
    await accessible(two, 'a question');
    await two.getByRole('button', { name: 'Ask a question' }).click();
    await two.getByText('No answer yet').waitFor();

    await one.getByText('Is there a hearing date?').first().waitFor(); // live
    await one.getByText('It is your turn').waitFor();
    await accessible(one, 'asked');
    await one.getByRole('button', { name: 'Answer' }).first().click();
    await one.getByLabel('Your answer').fill('Yes, on December 12 at 9.');
    await one.getByRole('button', { name: 'Answer' }).click();
    await two.getByText('Yes, on December 12 at 9.').waitFor();
    await two.getByRole('button', { name: 'Accept' }).click();
    await two.getByRole('button', { name: 'Accept' }).last().click();
    await two.getByText('Accepted', { exact: true }).first().waitFor();
    await one.getByText('Accepted', { exact: true }).first().waitFor();
    await accessible(one, 'accepted');
    w.well();
  });

  test('colleagues divide the work: who has it, a private note, several at once; the partner sees nothing of it', async () => {
    await two.getByLabel('Who has it').selectOption({ label: `${ben.name} (you)` });
    await two.getByLabel('New note').fill('Her sister can interpret.');
    await two.getByRole('button', { name: 'Add the note' }).click();
    await two.getByRole('list', { name: 'Private notes' }).getByText('Her sister can interpret.').waitFor();
    await accessible(two, 'at your desk');
    await two.getByRole('link', { name: /^Inbox/ }).click();
    await two.getByRole('link', { name: /^Mine \(1\)/ }).click();
    const row = two.getByRole('list', { name: 'Mine' }).getByRole('link');
    await row.getByText(`${ben.name} has it`).waitFor();
    await row.getByText('R. I.').waitFor();
    await row.getByText('Notice to leave').waitFor();
    await two.getByRole('button', { name: 'Choose several' }).click();
    await two.getByRole('checkbox', { name: /^Choose RW-/ }).check();
    await accessible(two, 'several');
    await two.getByLabel('Give them to').selectOption({ label: 'Nobody' });
    await two.getByRole('button', { name: 'Give 1 referral' }).click();
    await two.getByText('No open referral is yours.', { exact: false }).waitFor();
    await fits(two, 'the inbox');
    expect(await one.getByText('Her sister can interpret.').count()).toBe(0);
    expect(JSON.stringify(await harbor.call('GET', '/v1/referrals?direction=out'))).not.toContain('"assignee"');
    w.well();
  });

  test('several recipients each get their own; one declines with a reason', async () => {
    await write(one, 'Thanh Le', ['Elm Street Elder Services', 'Northside Food Bank']);
    for (const name of ['Elm Street Elder Services', 'Northside Food Bank']) await one.getByRole('region', { name: `${name} will see` }).getByText('Full name').waitFor();
    await one.getByRole('button', { name: /^Send the referral to/ }).click();
    await one.getByRole('button', { name: 'Send now' }).click();
    await one.getByRole('heading', { name: 'The referral is on its way' }).waitFor();
    expect(await one.getByRole('main').getByRole('link', { name: /^RW-/ }).count()).toBe(2);
    const mine = (await harbor.call<Listed>('GET', '/v1/referrals?direction=out')).items.find((r) => r.partner === elm.org && r.status === 'new');
    await two.getByRole('link', { name: /^Inbox/ }).click();
    await two.getByRole('main').getByRole('link', { name: new RegExp(mine?.reference ?? 'none') }).click();
    await two.getByRole('button', { name: 'Decline' }).click();
    await two.getByLabel('Reason').selectOption({ label: 'No room now' });
    await accessible(two, 'decline');
    await two.getByRole('button', { name: 'Decline' }).click();
    await two.getByText('Declined', { exact: true }).first().waitFor();
    await one.getByRole('link', { name: 'Sent', exact: true }).click();
    await one.getByRole('main').getByRole('link', { name: new RegExp(mine?.reference ?? 'none') }).getByText('Declined').waitFor();
    const other = (await harbor.call<Listed>('GET', '/v1/referrals?direction=out')).items.find((r) => r.partner === north.org);
    expect(other?.status).toBe('new');
    w.well();
  });

  test('after signing out and in, changed terms and a changed mapping hold for the next one', async () => {
    await one.getByRole('button', { name: 'Sign out' }).click();
    await one.getByRole('heading', { name: 'Sign in' }).waitFor();
    await one.goBack().catch(() => undefined);
    await one.goto(`${harbor.node.url}/sent`);
    await one.getByRole('heading', { name: 'Sign in' }).waitFor();
    await one.goto(`${harbor.node.url}/demo#${encodeURIComponent(ana.email)}`);
    await one.waitForURL(`${harbor.node.url}/`);

    // Elm does not want to hold the story any more, and says so on the screen; Harbor says yes on the screen.
    await two.goto(`${elm.node.url}/partners/${harbor.org}`);
    await two.getByRole('button', { name: 'Change what may move' }).click();
    await two.getByLabel('The story: what happened').check();
    await two.getByRole('button', { name: 'Save' }).click();
    await one.goto(`${harbor.node.url}/partners/${elm.org}`);
    await one.getByRole('button', { name: 'Say yes to these terms' }).click();
    await one.getByRole('region', { name: 'What may move' }).getByText(/Does not travel: The story: what happened/).waitFor();

    // What Harbor calls urgent the standard calls soon from now on, and the other way round.
    const changed = mapping('America/New_York') as { valueTables: { urgencies: { rows: { code: string }[] } } };
    for (const row of changed.valueTables.urgencies.rows) row.code = { urgent: 'soon', soon: 'urgent' }[row.code] ?? row.code;
    await harbor.call('PUT', '/v1/mappings/web-form', changed);

    await write(one, 'Amina Said', ['Elm Street Elder Services']);
    await one.getByRole('region', { name: 'Stays with you' }).getByText('What happened').waitFor();
    await one.getByRole('button', { name: /^Send the referral to/ }).click();
    await one.getByRole('button', { name: 'Send now' }).click();
    await one.getByRole('heading', { name: 'The referral is on its way' }).waitFor();
    const reference = (await one.getByRole('main').getByRole('link', { name: /^RW-/ }).textContent()) ?? '';
    await two.getByRole('link', { name: /^Inbox/ }).click();
    await two.getByRole('main').getByRole('link', { name: new RegExp(reference) }).click();
    const need = two.getByRole('region', { name: 'Need', exact: true });
    await need.getByText('Soon', { exact: true }).waitFor();
    await two.getByRole('region', { name: 'Person', exact: true }).getByText('Amina Said').waitFor();
    expect(await two.getByText('The new owner wants everybody out.').count()).toBe(0);
    w.well();
  });

  test('who works with referrals can write one; who only looks on is offered no act', async () => {
    harbor.node.cli('--org', harbor.org, 'user', 'demo', 'Wei Chen', 'wei@harbor.test');
    const wei = (await harbor.call<{ items: { id: string; email: string }[] }>('GET', '/v1/people')).items.find((p) => p.email === 'wei@harbor.test');
    await harbor.call('PATCH', `/v1/people/${wei?.id}`, { role: 'worker' });
    const page = await w.enter(harbor.node, { name: 'Wei Chen', email: 'wei@harbor.test' });
    await page.getByRole('link', { name: 'Send a referral' }).first().click();
    await page.getByRole('heading', { name: 'What is needed' }).waitFor();
    await harbor.call('PATCH', `/v1/people/${wei?.id}`, { role: 'auditor' });
    await page.goto(`${harbor.node.url}/sent`);
    await page.getByRole('main').getByRole('link', { name: /RW-/ }).first().click();
    await page.getByRole('region', { name: 'Where it stands' }).waitFor();
    expect(await page.getByRole('link', { name: 'Send a referral' }).count()).toBe(0);
    expect(await page.getByRole('region', { name: 'What you can do' }).count()).toBe(0);
    w.well();
  });

  test('on a phone, dark, in Spanish, and on paper', async () => {
    const page = await w.enter(elm.node, ben, { width: 375, dark: true, language: 'es-US' });
    await page.goto(`${elm.node.url}/inbox`);
    await page.getByRole('main').getByRole('link', { name: /RW-/ }).first().click();
    await settled(page);
    await page.getByRole('heading', { name: 'Persona' }).waitFor();
    await fits(page, 'referral');
    await page.emulateMedia({ media: 'print' });
    await page.getByRole('heading', { name: 'Persona' }).waitFor();
    expect(await page.getByRole('button').count()).toBe(0);
    expect(await page.getByRole('navigation').count()).toBe(0);
    expect((await page.pdf()).length).toBeGreaterThan(10_000);
    w.well();
  });
});
