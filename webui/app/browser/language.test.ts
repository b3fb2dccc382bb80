import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ana, side } from './story';
import { chromiumAt, settled, World } from './world';

describe.skipIf(!chromiumAt)('the language', () => {
  let w: World;
  beforeAll(async () => { w = await World.open(); });
  afterAll(async () => { await w?.close(); });

  // A message that is not there is an error on the page, so that well() tells of it.
  test('comes alone, changes at once on first and later screens, and is kept', async () => {
    const { node } = await side(await w.node('harbor'), 'Harbor Legal Aid', ana);
    const page = await w.enter(node, ana, { language: 'es-US' });
    const scripts: string[] = [];
    page.on('response', (r) => { if (r.request().resourceType() === 'script') scripts.push(new URL(r.url()).pathname.replace(/^.*\/(\w+\.\w+).*$/, '$1')); });
    await page.reload();
    await settled(page);
    expect(scripts.filter((s) => /^(first|rest)\./.test(s))).toEqual(['first.es']);
    await page.getByText('English', { exact: true }).first().click();
    await page.getByRole('link', { name: 'Connections' }).click();
    await page.getByRole('heading', { name: 'Connections', level: 1 }).waitFor();
    await page.getByText('Español', { exact: true }).first().click();
    await page.getByRole('heading', { name: 'Conexiones', level: 1 }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Conexiones', level: 1 }).waitFor();
    w.well();
  });
});
