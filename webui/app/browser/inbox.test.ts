import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { partners, post, type Side } from './story';
import { chromiumAt, settled, until, World } from './world';

const many = Number(process.env.REFERRALS ?? 10_000);

interface Page { items: unknown[]; next?: string }

/** lengthOf counts an inbox, page by page. */
async function lengthOf(s: Side): Promise<number> {
  let n = 0;
  let after: string | undefined = '';
  while (after !== undefined) {
    const page: Page = await s.call<Page>('GET', `/v1/referrals?direction=in&limit=200${after ? `&after=${encodeURIComponent(after)}` : ''}`);
    n += page.items.length;
    after = page.next || undefined;
  }
  return n;
}

describe.skipIf(!chromiumAt || !process.env.LONG)('a full inbox', () => {
  let w: World, elm: Side;
  beforeAll(async () => {
    w = await World.open();
    const both = await partners(w);
    elm = both.elm;
    let left = many;
    await Promise.all(Array.from({ length: 32 }, async () => { while (left-- > 0) await post(both.harbor, [elm]); }));
    await until('all are in the inbox', async () => (await lengthOf(elm)) >= many);
  }, 1_800_000);
  afterAll(async () => { await w?.close(); });

  test('draws only what the window shows, reads on by cursor to the end, and keeps up with the scrolling', async () => {
    const page = await w.enter(elm.node, elm.person);
    let read = 0;
    page.on('response', (r) => { if (new URL(r.url()).pathname === '/v1/referrals' && r.url().includes('after=')) read++; });
    await page.goto(`${elm.node.url}/inbox`);
    await settled(page);
    await page.locator('.rw-row').first().waitFor();
    // A wheel's notch each frame, until the end of the list: how long each frame took, and the most lines that stood in the page.
    const { frames, drawn, last } = await page.evaluate(async (goal) => {
      const frames: number[] = [];
      let drawn = 0, last = 0;
      let before = await new Promise<number>(requestAnimationFrame);
      for (let i = 0; i < 200_000 && last < goal; i++) {
        window.scrollBy(0, 240);
        const now = await new Promise<number>(requestAnimationFrame);
        frames.push(now - before);
        before = now;
        const lines = document.querySelectorAll('.rw-rows > li');
        drawn = Math.max(drawn, lines.length);
        last = Math.max(last, Number(lines[lines.length - 1]?.getAttribute('aria-posinset') ?? 0));
      }
      return { frames, drawn, last };
    }, many);
    const smooth = frames.filter((f) => f < 32).length / frames.length;
    process.stdout.write(`inbox of ${last}: ${(100 * smooth).toFixed(1)}% of ${frames.length} frames under 32 ms, ${drawn} lines drawn at most, ${read} further pages read\n`);
    expect(last).toBeGreaterThanOrEqual(many);
    expect(drawn).toBeLessThan(100);
    expect(read).toBeGreaterThanOrEqual(Math.floor(many / 200) - 1);
    w.well();
  }, 1_200_000);
});
