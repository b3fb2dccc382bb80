import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ana, arrived, ben, partners, post, type Sent, type Side } from './story';
import { accessible, chromiumAt, World } from './world';

// What does not go by itself, with its real causes: a system that refuses, a partner that has paused, a computer that is off.
describe.skipIf(!chromiumAt)('trouble', () => {
  let w: World, harbor: Side, elm: Side, system: Server;
  let answer = 422;
  const got: string[] = [];
  beforeAll(async () => {
    w = await World.open();
    ({ harbor, elm } = await partners(w));
    system = createServer((req, res) => {
      let body = '';
      req.on('data', (b: Buffer) => { body += b.toString(); });
      req.on('end', () => { got.push(body); res.writeHead(answer, { 'Content-Type': 'application/json' }); res.end(answer === 201 ? '{"matter":{"id":"M-7"}}' : '{"error":"court_number is missing"}'); });
    });
    await new Promise<void>((up) => system.listen(0, '127.0.0.1', up));
    await elm.call('PUT', '/v1/mappings/court-help-center', JSON.parse(readFileSync(join(import.meta.dirname, '../../../examples/mappings/court-help-center.json'), 'utf8')));
    await elm.call('PUT', '/v1/connections/matters', { id: 'matters', name: 'Our matters API', kind: 'rest', format: 'json', direction: 'out', mapping: 'court-help-center', settings: { url: `http://127.0.0.1:${(system.address() as AddressInfo).port}/matters`, 'id-path': 'matter.id', idempotent: 'true' } });
  });
  afterAll(async () => { await w?.close(); system?.close(); });

  test('a system that refuses waits for a person, who tries again when it is mended', async () => {
    const [sent] = await post(harbor, [elm]);
    await arrived(elm, sent as Sent);
    const page = await w.enter(elm.node, ben);
    await page.getByRole('link', { name: /^Waiting for a person/ }).first().click();
    const card = page.getByRole('main').getByRole('region');
    await card.getByText(/matters/).first().waitFor();
    await card.getByText(/The system refused the referral/).waitFor();
    await accessible(page, 'waiting');
    answer = 201;
    await card.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Nothing needs a decision.').waitFor();
    expect(got.at(-1)).toContain('Ibarra');
    w.well();
  });

  test('a partner that has paused, and one whose computer is off', async () => {
    await elm.call('PUT', `/v1/partners/${harbor.org}/standing`, { state: 'suspended' });
    const page = await w.enter(harbor.node, ana);
    await page.goto(`${harbor.node.url}/partners/${elm.org}`);
    await page.getByText(/paused by them/).first().waitFor();
    const [held] = await post(harbor, [elm], { name: 'Jo Park' });
    await page.getByRole('link', { name: /^Delivery problems/ }).click();
    const card = page.getByRole('region', { name: 'Elm Street Elder Services' });
    await card.getByRole('link', { name: held?.reference }).waitFor();
    expect(await card.innerText()).toContain('has suspended this. It waits until they resume.');
    await accessible(page, 'held');
    await elm.call('PUT', `/v1/partners/${harbor.org}/standing`, { state: 'active' });
    await page.getByText('Everything gets through.').waitFor();
    await arrived(elm, held as Sent);

    await elm.node.stop();
    await page.goto(`${harbor.node.url}/partners/${elm.org}`);
    await page.getByText(/Their computer does not answer/).waitFor();
    const [late] = await post(harbor, [elm], { name: 'Luis Vega' });
    await page.goto(`${harbor.node.url}/delivery`);
    await card.getByText(/computer does not answer/).waitFor();
    await card.getByRole('link', { name: late?.reference }).waitFor();
    await card.getByRole('button', { name: 'Try now' }).waitFor();
    await accessible(page, 'off');
    await elm.node.serve();
    await page.getByText('Everything gets through.').waitFor();
    elm.call = await elm.node.as(ben);
    await arrived(elm, late as Sent);
    w.well();
  });
});
