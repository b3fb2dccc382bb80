import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { accessible, chromiumAt, fits, type Node, settled, until, World } from './world';

const ana = { name: 'Ana Ruiz', email: 'ana@harbor.test' };
const luz = { name: 'Luz Marín', email: 'luz@harbor.test' };
const matter = readFileSync(join(import.meta.dirname, '../../../examples/legalserver-matter.json'), 'utf8');
const sheet = `First Name,Last Name,DOB,Phone,Legal Issue,Gender,SSN,Shoe Size
Ann,Paz,03/14/1980,(617) 555-0123,Eviction,Female,900-11-2222,8
Bo,Lim,12/24/1971,(617) 555-0144,Ghosts,Male,900-11-3333,9
Cy,Ode,05/30/1990,(617) 555-0145,Eviction,Female,900-11-4444,10
`;

interface Kept { document: { rules: { local?: string; standard?: string; direction?: string }[]; valueTables?: Record<string, { rows: { ours: string; code: string }[] }>; tests?: unknown[] } }
const kept = (page: Page, path: string) => page.evaluate(async (p) => (await fetch(`/v1/mappings/${p}`)).json() as Promise<unknown>, path) as Promise<Kept>;
const goesTo = (doc: Kept, local: string) => doc.document.rules.find((r) => r.local === local)?.standard;

/** becomes waits until what is read is what it should be. */
const becomes = (what: string, read: () => Promise<unknown>, want: string | RegExp | boolean) => until(`${what} is ${String(want)}`, async () => { const is = await read(); return want instanceof RegExp ? want.test(String(is)) : is === want; });
const focused = (at: Locator) => at.evaluate((e) => e === document.activeElement);

/** tabTo presses Tab until the focus is where a person wants to go. */
async function tabTo(page: Page, to: Locator, back = false): Promise<void> {
  for (let i = 0; i < 150; i++) {
    if (await to.evaluateAll((all) => all.includes(document.activeElement as never))) return;
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab');
  }
  throw new Error(`150 tabs do not lead to ${String(to)}; the focus is on ${await page.evaluate(() => document.activeElement?.outerHTML.slice(0, 200) ?? '')}`);
}

/** drag carries something to something by the mouse, in steps as a hand does. */
async function drag(page: Page, from: Locator, to: Locator): Promise<void> {
  await from.scrollIntoViewIfNeeded();
  const [a, b] = [await from.boundingBox(), await to.boundingBox()];
  if (!a || !b) throw new Error('what is dragged, or where to, cannot be seen');
  await page.mouse.move(a.x + a.width / 2, a.y + a.height / 2);
  await page.mouse.down();
  await page.mouse.move(a.x + a.width / 2 + 20, a.y + a.height / 2, { steps: 4 });
  await page.mouse.move(b.x + b.width / 2, b.y + b.height / 2, { steps: 8 });
  await page.mouse.up();
}

describe.skipIf(!chromiumAt)('match fields', () => {
  let w: World, node: Node;
  beforeAll(async () => {
    w = await World.open();
    node = await w.node('harbor');
    const id = node.org('Harbor Legal Aid', ana);
    node.cli('--org', id, 'user', 'demo', luz.name, luz.email, '--language', 'es');
  });
  afterAll(async () => { await w?.close(); });

  test('a pasted sheet by mouse, from the sample to publish', async () => {
    const page = await w.enter(node, ana);
    await page.getByRole('link', { name: 'Match fields' }).click();
    await page.getByText('No fields are matched yet').waitFor();
    await page.getByLabel('Name', { exact: true }).fill('Intake sheet');
    await page.getByRole('button', { name: 'Begin' }).click();
    await page.getByLabel('Paste a record, or drop a file here').fill(sheet);
    await page.getByRole('button', { name: 'Read the sample' }).click();
    await page.getByText('Understood as: Sheet (CSV)').waitFor();
    await page.getByText('3 records with 8 fields.').first().waitFor();
    await page.getByText('6 of 8 matched, 0 to check, 1 travels as an extra fact, 1 stays with you, 0 lost').waitFor();

    const shoe = page.getByLabel('Shoe Size goes to').first();
    await page.getByLabel('Search your fields').fill('shoe');
    await page.getByLabel('Search the standard').fill('story summary');
    await drag(page, page.getByRole('button', { name: 'Pick up Shoe Size' }), page.getByRole('option', { name: /^Summary/ }));
    await becomes('the box', () => shoe.inputValue(), 'Story – Summary');
    await page.getByRole('button', { name: 'Undo' }).click();
    await becomes('the box', () => shoe.inputValue(), '');
    await page.getByRole('button', { name: 'Redo' }).click();
    await becomes('the box', () => shoe.inputValue(), 'Story – Summary');

    await page.getByText('Before it can be published:').waitFor();
    await page.getByText('Look at the values in step 3 and say so there.').waitFor();
    expect(await page.getByRole('button', { name: 'Publish', exact: true }).isDisabled()).toBe(true);
    const ghosts = page.getByLabel('Ghosts means').first();
    await ghosts.click();
    await ghosts.fill('landlord');
    await page.getByRole('option', { name: /Private Landlord/ }).click();
    await page.getByText('Every value has a meaning.').waitFor();
    await page.getByLabel('I have looked at the values').check();

    await page.getByText(/came over/).first().waitFor();
    await becomes('the page', () => page.getByRole('row', { name: /First Name/ }).first().textContent(), /Ann.*Ann.*Ann.*The same/);
    await page.getByLabel('Add this record as a test, named').fill('Ann');
    await page.getByRole('button', { name: 'Add the test' }).click();
    await page.getByText('Holds', { exact: true }).waitFor();
    await page.getByText(/^Draft saved/).waitFor();
    await accessible(page, 'editor');
    await page.getByRole('button', { name: 'Publish', exact: true }).click();
    await page.getByText('Version 1 is published', { exact: true }).waitFor();
    const now = await kept(page, 'intake-sheet');
    expect(goesTo(now, '"Shoe Size"')).toBe('narrative.summary');
    expect(goesTo(now, 'SSN')).toBeUndefined();
    expect(Object.values(now.document.valueTables ?? {}).flatMap((t) => t.rows).find((r) => r.ours === 'Ghosts')?.code).toBe('63');
    expect(now.document.tests).toHaveLength(1);

    // A mistake is named at its row, and a published version stays until another is published.
    await page.getByText('For developers: the whole document').click();
    const whole = page.getByLabel('Mapping document');
    await whole.fill((await whole.inputValue()).replace('"narrative.summary"', '"narrative.sumary"'));
    await page.getByRole('button', { name: 'Use this text' }).click();
    await page.getByText('1 thing must be corrected', { exact: true }).waitFor();
    await page.getByRole('link', { name: /narrative\.sumary/ }).click();
    await becomes('the focus', () => page.evaluate(() => document.activeElement?.closest('[data-row]')?.textContent ?? ''), /Shoe Size/);
    await page.getByRole('button', { name: 'More about Shoe Size' }).click();
    await page.getByRole('button', { name: 'Do not match this field' }).click();
    await page.getByText(/Removed: our "Shoe Size"/).waitFor();
    expect(await page.getByRole('button', { name: 'Publish', exact: true }).isDisabled()).toBe(true); // the stored test has it otherwise
    expect(goesTo(await kept(page, 'intake-sheet'), '"Shoe Size"')).toBe('narrative.summary');
    w.well();
  });

  test('a case system’s record by keyboard alone, from the sample to publish', async () => {
    const page = await w.enter(node, ana);
    await page.goto(`${node.url}/fields`);
    await page.getByRole('heading', { name: 'Match the fields of another system' }).waitFor();
    await tabTo(page, page.getByLabel('Name', { exact: true }));
    await page.keyboard.type('LegalServer');
    await tabTo(page, page.getByRole('button', { name: 'Begin' }));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: '1 Sample' }).waitFor();
    await tabTo(page, page.getByLabel('Paste a record, or drop a file here'));
    await page.keyboard.insertText(matter);
    await tabTo(page, page.getByRole('button', { name: 'Read the sample' }));
    await page.keyboard.press('Enter');
    await page.getByText('Understood as: JSON').waitFor();

    // Pick up, move, drop: said aloud, and the focus comes back.
    const grip = page.getByRole('button', { name: 'Pick up matter_uuid' });
    await tabTo(page, grip);
    await page.keyboard.press('Enter');
    await page.getByText(/matter_uuid is picked up\. Choose a place with the arrow keys/).waitFor({ state: 'attached' });
    const places = page.getByRole('listbox', { name: 'Where does matter_uuid go?' });
    await becomes('the focus', () => focused(places), true);
    await page.keyboard.press('Escape');
    await page.getByText('matter_uuid is put back.').waitFor({ state: 'attached' });
    await becomes('the focus', () => focused(grip), true);
    await page.keyboard.press('Enter');
    await becomes('the focus', () => focused(places), true);
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowDown');
    const chosen = places.getByRole('option', { selected: true });
    await becomes('the page', () => chosen.getAttribute('aria-posinset'), String(Number(await chosen.getAttribute('aria-setsize')) - 1));
    await page.keyboard.press('Enter');
    await page.getByText(/matter_uuid goes to Extra fact – /).waitFor({ state: 'attached' });
    await becomes('the focus', () => focused(grip), true);
    await becomes('the box', () => page.getByLabel('matter_uuid goes to').first().inputValue(), /^Extra fact – /);

    // Undo, redo, and the box of a row.
    await page.keyboard.press('Control+z');
    await becomes('the box', () => page.getByLabel('matter_uuid goes to').first().inputValue(), '');
    await page.keyboard.press('Control+Shift+z');
    await becomes('the box', () => page.getByLabel('matter_uuid goes to').first().inputValue(), /^Extra fact – /);
    await tabTo(page, page.getByRole('button', { name: 'Not this for case_title' }));
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Not this for case_title' }).waitFor({ state: 'detached' });
    await becomes('the focus', () => focused(page.getByLabel('case_title goes to').first()), true);
    await page.keyboard.type('need in short');
    await page.keyboard.press('Enter');
    await becomes('the box', () => page.getByLabel('case_title goes to').first().inputValue(), 'Need – In short');

    await tabTo(page, page.getByRole('link', { name: /^3 Values/ }), true);
    await page.keyboard.press('Enter');
    await tabTo(page, page.getByLabel('I have looked at the values'));
    await page.keyboard.press('Space');
    const publish = page.getByRole('button', { name: 'Publish', exact: true });
    await becomes('the page', () => publish.isEnabled(), true);
    await tabTo(page, publish);
    await page.keyboard.press('Enter');
    await page.getByText('Version 1 is published', { exact: true }).waitFor();
    const now = await kept(page, 'legalserver');
    expect(now.document.rules.length).toBeGreaterThan(60);
    expect(goesTo(now, 'case_title')).toBe('needs[].text');
    w.well();
  });

  test('a preview of 150 fields, and the page on a phone, dark, in Spanish', async () => {
    const page = await w.enter(node, luz, { width: 375, dark: true, language: 'es-US' });
    await page.goto(`${node.url}/fields/intake-sheet`);
    await page.getByRole('heading', { name: '2 Relacionar' }).waitFor();
    await page.getByText(/de 8 relacionados/).waitFor();
    await settled(page);
    expect(await page.getByLabel('First Name va a').first().inputValue()).toBe('Persona derivada – Nombre de pila');
    expect(await page.getByRole('listbox', { name: 'El estándar' }).count()).toBe(0);
    await accessible(page, 'editor, phone, dark, Spanish');
    await fits(page, 'editor, phone');

    const took = await page.evaluate(async (text) => {
      const post = async (path: string, body: unknown) => (await fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })).json() as Promise<Record<string, never>>;
      const record = JSON.parse(text) as Record<string, unknown>;
      for (let i = 0; Object.keys(record).length < 150; i++) record[`extra_field_${i}`] = `value ${i}`;
      const input = JSON.stringify(record);
      const shape = await post('/v1/mappings:infer', { samples: [{ text: input }] });
      const { draft } = await post('/v1/mappings:suggest', { format: 'json', fields: ((shape.fields ?? []) as { path: string; kind: string; examples?: string[] }[]).map((f) => ({ path: f.path, kind: f.kind === 'null' ? '' : f.kind, examples: f.examples ?? [] })) });
      const times: number[] = [];
      for (let i = 0; i < 11; i++) {
        const at = performance.now();
        const ran = await post('/v1/mappings:run', { mapping: draft, input, back: true });
        if (((ran.results ?? []) as unknown[]).length !== 1) throw new Error('nothing was converted');
        times.push(performance.now() - at);
      }
      return { fields: ((shape.fields ?? []) as unknown[]).length, median: times.sort((a, b) => a - b)[5] ?? Infinity };
    }, matter);
    expect(took.fields).toBeGreaterThanOrEqual(150);
    console.log(`a preview of ${took.fields} fields, there and back: ${took.median.toFixed(1)} ms (bar 100 ms)`);
    expect(took.median).toBeLessThan(1000); // ten times the bar: this machine may be busy
    w.well();
  });

  test('a draft given up, and back to an earlier version', async () => {
    const call = await node.as(ana);
    const first = await call<{ document: { rules: { id: string; local?: string; standard?: string }[] } }>('GET', '/v1/mappings/intake-sheet');
    const without = { ...first.document, tests: [], rules: first.document.rules.filter((r) => r.local !== '"Shoe Size"') };
    const put = async () => {
      const revision = await call<{ revision: number }>('GET', '/v1/mappings/intake-sheet/draft').then((d) => d.revision, () => 0);
      await call('PUT', `/v1/mappings/intake-sheet/draft?revision=${revision}`, without);
    };
    await put();
    const page = await w.enter(node, ana);
    await page.goto(`${node.url}/fields/intake-sheet`);
    await page.getByText(/^Removed: our "Shoe Size"/).waitFor();
    await page.getByRole('button', { name: 'Give the draft up' }).click();
    await until('the draft is gone', () => call('GET', '/v1/mappings/intake-sheet/draft').then(() => false, (e: unknown) => /404/.test(String(e))));
    await page.getByRole('button', { name: 'Give the draft up' }).waitFor({ state: 'detached' });
    expect(goesTo(await kept(page, 'intake-sheet'), '"Shoe Size"')).toBe('narrative.summary');

    await put();
    await call('POST', '/v1/mappings/intake-sheet/publish');
    expect(goesTo(await kept(page, 'intake-sheet'), '"Shoe Size"')).toBeUndefined();
    await page.reload();
    const versions = page.getByRole('region', { name: 'Versions' });
    await versions.getByRole('button', { name: 'Go back to this: version 1' }).click();
    await versions.getByText('Version 1 becomes the one in use again.', { exact: false }).waitFor();
    await accessible(page, 'going back');
    await versions.getByRole('button', { name: 'Cancel' }).click();
    expect(goesTo(await kept(page, 'intake-sheet'), '"Shoe Size"')).toBeUndefined();
    await versions.getByRole('button', { name: 'Go back to this: version 1' }).click();
    await versions.getByRole('button', { name: 'Go back', exact: true }).click();
    await until('version 1 is in use', async () => goesTo(await kept(page, 'intake-sheet'), '"Shoe Size"') === 'narrative.summary');
    await versions.getByText('Version 3').waitFor();
    w.well();
  });
});
