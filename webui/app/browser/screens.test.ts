import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formId } from '../src/screens/compose/formId';
import { free, listens, say as mail } from './smtp';
import { act, ana, arrived, ben, noor, partners, post, type Sent, type Side, side, stands } from './story';
import { accessible, chromiumAt, fits, type Look, pair, settled, until, World } from './world';

const ola = { name: 'Ola Nowak', email: 'ola@river.test' };
const rae = { name: 'Rae Kim', email: 'rae@node.test' }; // runs a node

// With SCREENSHOTS each screen is written there as a picture as well.
const folder = process.env.SCREENSHOTS ?? '';

// Every screen is looked at in light and dark, wide and on a phone, in English and in Spanish. Two looks have all six;
// pictures and LONG=1 take every one of them apart.
const looks: Record<string, Look> = { 'light, wide, English': {}, 'dark, phone, Spanish': { dark: true, width: 375, language: 'es-US' } };
const apart: Record<string, Look> = { 'light, phone, English': { width: 375 }, 'dark, wide, English': { dark: true }, 'light, wide, Spanish': { language: 'es-US' } };
if (folder || process.env.LONG) Object.assign(looks, apart);

/** routes are the paths of the table of screens, read from the program itself. */
const routes = [...readFileSync(join(import.meta.dirname, '../src/routes.tsx'), 'utf8').matchAll(/^\s*(?:screen|firstScreen)\('([^']+)'/gm)].map((m) => m[1] ?? '');

describe.skipIf(!chromiumAt)('every screen', () => {
  let w: World, harbor: Side, elm: Side, north: Side, empty: Side;
  const sent: Record<string, Sent> = {};
  // The addresses of the routes that name something. A route that is missing here fails the walk.
  let places: Record<string, string[]>;

  beforeAll(async () => {
    w = await World.open();
    ({ harbor, elm } = await partners(w));
    north = await side(harbor.node, 'Northside Food Bank', noor);
    empty = await side(harbor.node, 'Riverside Tenants Union', ola); // with nothing in it
    harbor.node.cli('user', 'demo', '--operator', rae.name, rae.email);
    await pair(harbor, north);
    await north.call('PUT', `/v1/partners/${harbor.org}/standing`, { state: 'suspended' });
    const say = async (name: string, part: Parameters<typeof post>[2]) => {
      const [one] = await post(harbor, [elm], part);
      if (!one) throw new Error(`${name} was not sent`);
      await arrived(elm, one);
      return (sent[name] = one);
    };
    await say('new', {});
    const asked = await say('asked', { name: 'Thanh Le', need: 'lsc-73', needText: 'SNAP was cut', preferredName: '', language: 'vi', urgency: 'urgent' });
    await act(elm, asked, { kind: 'question', text: 'Is there a letter about it? When did it come?' });
    const accepted = await say('accepted', { name: 'Amina Said', need: 'lsc-81', needText: 'Work permit runs out', preferredName: '', language: 'so' });
    await act(elm, accepted, { kind: 'accept' });
    const declined = await say('declined', { name: 'Jo Park', need: 'lsc-02', needText: 'Letters from a collector', preferredName: '' });
    await act(elm, declined, { kind: 'decline', reason: 'no-capacity', text: 'Nobody is free before January.' });
    await post(harbor, [north], { name: 'Luis Vega', need: 'sdohcc-food-insecurity', needText: 'Food for a family of four' }); // held: they paused
    await harbor.call('POST', '/v1/referrals?connection=web-form', { name: 'Nobody knows to whom' }).catch(() => undefined); // waits for a person
    for (const [name, status] of [['asked', 'new'], ['accepted', 'accepted'], ['declined', 'declined']] as const) await stands(harbor, sent[name] as Sent, status);
    const port = await free();
    await harbor.call('PUT', '/v1/connections/post', {
      id: 'post', name: 'Intake mailbox', kind: 'email', direction: 'in', format: 'json', mapping: formId,
      settings: { host: '127.0.0.1', from: 'node@harbor.test', to: 'team@harbor.test', inbox: 'smtp', address: 'refer@harbor.test', listen: `127.0.0.1:${port}`, 'tls-only': 'false', verp: 'false' },
    });
    await listens(port);
    await mail(port, ['EHLO clinic.test', 'MAIL FROM:<intake@clinic.test>', 'RCPT TO:<refer@harbor.test>', 'DATA',
      ['From: Clinic <intake@clinic.test>', 'To: refer@harbor.test', 'Message-ID: <letter@clinic.test>', 'Subject: Referral for you', '', 'Client name: Rosa Ibarra', 'Phone: 617-555-0123', 'Date of birth: 12/25/1950', '.'].join('\r\n'), 'QUIT']);
    const waits = (await until('the mail waits', async () => (await harbor.call<{ items: { id: string; shows?: boolean }[] }>('GET', '/v1/waiting')).items.find((i) => i.shows))).id;
    places = {
      '/waiting/$id': [`/waiting/${waits}`],
      '/fields/$name': ['/fields/web-form'], '/settings/$id': ['organization', 'services', 'hours', 'consent', 'community', 'recovery'].map((s) => `/settings/${s}`), '/connections/$id': ['/connections/web-form', '/connections/new?kind=email', '/connections/new?kind=rest'], '/inbox/$id': [`/inbox/${sent.new?.id}`], '/sent/$id': Object.values(sent).map((s) => `/sent/${s.id}`), '/partners/$id': [`/partners/${elm.org}`, `/partners/${north.org}`],
    };
  });
  afterAll(async () => { await w?.close(); });

  const look = async (page: Page, name: string, where: string) => {
    await settled(page);
    await fits(page, `${where}, ${name}`);
    if (folder) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${where} ${name}.png`.replace(/[^\w.-]+/g, '-').replace(/^-/, '')), await page.screenshot({ fullPage: true }));
    }
    await accessible(page, `${where}, ${name}`);
  };

  test('the walk knows where every route leads', () => {
    expect(routes.length).toBeGreaterThan(10);
    expect(routes.filter((r) => r.includes('$') && !(r in places)), 'routes that name something and are not in places').toEqual([]);
  });

  for (const [name, how] of Object.entries(looks)) {
    test(`with referrals in it: ${name}`, async () => {
      const page = await w.enter(harbor.node, ana, how);
      for (const route of routes.filter((r) => r !== '/inbox/$id')) for (const path of places[route] ?? [route]) {
        await page.goto(harbor.node.url + path);
        await look(page, name, path.startsWith('/sent/') ? `/sent/${Object.keys(sent).find((k) => path.endsWith(sent[k]?.id ?? ' '))}` : path.startsWith('/partners/') ? `/partners/${path.includes(north.org) ? 'paused' : 'active'}` : path.startsWith('/waiting/') ? '/waiting/one' : path === '/' ? 'home' : path);
      }
      await page.context().close();
      const other = await w.enter(elm.node, ben, how);
      for (const path of ['/', '/inbox', `/inbox/${sent.new?.id}`]) {
        await other.goto(elm.node.url + path);
        await look(other, name, path === '/' ? 'receiving home' : path.startsWith('/inbox/') ? '/inbox/new' : 'receiving /inbox');
      }
      await other.context().close();
      const host = await w.enter(harbor.node, rae, how);
      await host.goto(`${harbor.node.url}/hosting`);
      await look(host, name, 'hosting of who runs the node');
      await host.context().close();
      w.well();
    });
  }

  // One language, what the first screens say in it, and the parts that they are made of: dialogs, forms and the words of other screens come when they are wanted.
  test('the script of the first screen, compressed, stays within its bound', async () => {
    const page = await w.page(harbor.node);
    const read: Promise<[string, number]>[] = [];
    page.on('response', (r) => { if (r.request().resourceType() === 'script') read.push(r.body().then((b) => [r.url(), gzipSync(b).length])); });
    await page.goto(`${harbor.node.url}/demo#${encodeURIComponent(ana.email)}`);
    await page.waitForURL(`${harbor.node.url}/`);
    await settled(page);
    const sizes = await Promise.all(read);
    const all = sizes.reduce((sum, [, n]) => sum + n, 0);
    process.stdout.write(`first screen: ${(all / 1000).toFixed(1)} kB of script in ${sizes.length} files, compressed\n`);
    expect(sizes.length).toBeGreaterThan(1);
    expect(all).toBeLessThan(180_000);
    w.well();
  });

  for (const [name, how] of Object.entries(looks)) {
    test(`with nothing in it: ${name}`, async () => {
      const page = await w.enter(empty.node, ola, how);
      for (const route of routes.filter((r) => !r.includes('$'))) {
        await page.goto(empty.node.url + route);
        await look(page, name, route === '/' ? 'empty home' : `empty ${route}`);
      }
      await page.goto(`${empty.node.url}/inbox/urn:uuid:00000000-0000-4000-8000-000000000000`);
      await look(page, name, 'not here');
      if (how.width) await page.getByRole('button', { name: /^(Open the menu|Abrir el menú)$/ }).click();
      await page.getByRole('button', { name: /^(Sign out|Cerrar sesión|Salir)$/ }).click();
      await page.getByLabel(/^(E-mail|Correo)/).waitFor();
      await look(page, name, 'sign in');
      await page.context().close();
      w.well();
    });
  }
});
