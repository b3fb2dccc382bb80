import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { act, arrived, post, type Sent, type Side, side, switchOn } from './story';
import { chromiumAt, pair, settled, World } from './world';

const samples = join(process.env.REFERWORKS_SAMPLES ?? '', 'hostile');
const there = Boolean(process.env.REFERWORKS_SAMPLES) && existsSync(join(samples, 'blns/blns.json'));

// Every text that a person can write in a referral, with its longest length.
const fields = { caseNumber: 200, needText: 300, name: 200, preferredName: 200, hours: 200, safety: 2000, address: 500, summary: 4000, expectations: 4000, consentBy: 200, workerName: 200 } as const;

/** slices cuts the strings into pieces of one length; together they hold every string that fits. */
function slices(strings: string[], most: number): string[] {
  const out: string[] = [''];
  for (const s of strings.filter((x) => x.length < most)) {
    const last = out.at(-1) ?? '';
    if (last.length + s.length + 1 > most) out.push(s); else out[out.length - 1] = last ? `${last} ${s}` : s;
  }
  return out;
}

/** inert says that nothing of a text became a part of the page. */
async function inert(page: Page, where: string): Promise<void> {
  const found = await page.evaluate(() => [...document.querySelectorAll('body *')].filter((e) => {
    if (e.closest('script[src^="/assets/"], style[data-mantine-styles], style[nonce]')) return false;
    if (/^(script|style|iframe|frame|object|embed|base|link|meta|video|audio|source|math|marquee|applet|bgsound|xss|x)$/i.test(e.tagName)) return true;
    if (e.tagName === 'IMG' && !/^(\/|data:image\/png)/.test(e.getAttribute('src') ?? '')) return true;
    if (e.tagName === 'A' && !/^(\/|#|tel:|mailto:|blob:)/.test(e.getAttribute('href') ?? '/')) return true;
    return e.getAttributeNames().some((n) => n.startsWith('on'));
  }).map((e) => e.outerHTML.slice(0, 200)));
  expect(found, where).toEqual([]);
}

describe.skipIf(!chromiumAt || !there)('hostile text', () => {
  let w: World, harbor: Side, elm: Side;
  const sent: Sent[] = [];
  const blns = there ? (JSON.parse(readFileSync(join(samples, 'blns/blns.json'), 'utf8')) as string[]) : [];
  const payloads = there ? readFileSync(join(samples, 'payloads/xss.txt'), 'utf8').split('\n').filter((l) => l.trim()) : [];
  // What a field of a referral may not hold at all, such as control characters, the node refuses with a sentence.
  const strings = [...payloads, ...blns].filter((s) => s.trim() && !/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff]|[\ud800-\udfff]/.test(s));

  beforeAll(async () => {
    w = await World.open();
    const node = await w.node('hostile');
    harbor = await side(node, 'Harbor <img src=x onerror=alert(1)>', { name: '<svg/onload=alert(2)>', email: 'ana@harbor.test' });
    elm = await side(node, '"><script>alert(3)</script> Elm', { name: '\'"><iframe src=javascript:alert(4)>', email: 'ben@elm.test' });
    await pair(harbor, elm);
    await switchOn(harbor);
    const pieces = Object.fromEntries(Object.entries(fields).map(([f, most]) => [f, slices(strings, most)]));
    const whole = Math.max(...Object.values(pieces).map((p) => p.length));
    const long = Math.max(...(['summary', 'expectations'] as const).map((f) => pieces[f]?.length ?? 0));
    // Together the referrals hold every string in a long field, and each field a part of them; LONG=1 has all in each.
    for (let i = 0; i < (process.env.LONG ? whole : long); i++) {
      const part = Object.fromEntries(Object.entries(pieces).map(([f, p], at) => [f, p[(i + at) % p.length] ?? '']));
      sent.push(...await post(harbor, [elm], part));
    }
    for (const s of sent) await arrived(elm, s);
    await act(elm, sent[0] as Sent, { kind: 'question', text: pieces.summary?.[0]?.slice(0, 4000) });
    await harbor.call('POST', '/v1/referrals?connection=web-form', { name: strings[0] }).catch(() => undefined);
  });
  afterAll(async () => { await w?.close(); });

  test('is text on every screen of its sender', async () => {
    expect(strings.length).toBeGreaterThan(400);
    expect(sent.length).toBeGreaterThan(3);
    const page = await w.enter(harbor.node, harbor.person);
    for (const path of ['/', '/sent', '/send', '/partners', `/partners/${elm.org}`, '/people', '/account', '/waiting', '/delivery', `/sent/${sent[0]?.id}`]) {
      await page.goto(harbor.node.url + path);
      await settled(page);
      await inert(page, path);
    }
    await page.getByRole('main').getByText('<script>alert').first().waitFor();
    w.well();
  });

  test('is text for its recipient, and on paper', async () => {
    const page = await w.enter(elm.node, elm.person);
    await page.goto(`${elm.node.url}/inbox`);
    await settled(page);
    await inert(page, '/inbox');
    for (const s of sent) {
      await page.goto(`${elm.node.url}/inbox/${s.id}`);
      await page.getByRole('region', { name: 'Person', exact: true }).waitFor();
      await inert(page, s.reference);
      await page.emulateMedia({ media: 'print' });
      await inert(page, `${s.reference} on paper`);
      await page.emulateMedia({ media: 'screen' });
    }
    expect((await page.pdf()).length).toBeGreaterThan(5000);
    w.well();
  });
});
