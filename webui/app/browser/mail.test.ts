import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formId } from '../src/screens/compose/formId';
import { free, listens, say } from './smtp';
import { ana, arrived, partners, type Side } from './story';
import { accessible, chromiumAt, fits, settled, until, World } from './world';

// A mail that no machine may act on, read by a person with the form beside it.
describe.skipIf(!chromiumAt)('mail that waits', () => {
  let w: World, harbor: Side, elm: Side, port: number;
  const mail = (words: string, name: string) => [
    'EHLO clinic.example', 'MAIL FROM:<intake@clinic.example>', 'RCPT TO:<refer@harbor.example>', 'DATA',
    [
      'From: Clinic <intake@clinic.example>', 'To: refer@harbor.example', `Message-ID: <${name}@clinic.example>`, 'Subject: \u202eReferral for you', 'MIME-Version: 1.0', 'Content-Type: multipart/mixed; boundary=b', '',
      '--b', 'Content-Type: text/html; charset=utf-8', '', words, '--b', 'Content-Type: text/plain', `Content-Disposition: attachment; filename="${name}.txt"`, '', 'Dear colleague, this is the letter.', '--b--', '.',
    ].join('\r\n'), 'QUIT',
  ];
  beforeAll(async () => {
    w = await World.open();
    ({ harbor, elm } = await partners(w));
    port = await free();
    await harbor.call('PUT', '/v1/connections/post', {
      id: 'post', name: 'Post', kind: 'email', direction: 'in', format: 'json', mapping: formId,
      settings: { host: '127.0.0.1', from: 'node@harbor.example', to: 'team@harbor.example', inbox: 'smtp', address: 'refer@harbor.example', listen: `127.0.0.1:${port}`, 'tls-only': 'false', verp: 'false' },
    });
    await listens(port);
    await say(port, mail('<script>document.title="x"</script><p>Hello</p><img src="https://evil.example/x.png"><table><tr><td>Client name:</td><td>Rosa Ibarra</td></tr><tr><td>Phone:</td><td>617-555-0123</td></tr><tr><td>Date of birth:</td><td>12/25/1950</td></tr></table>', 'letter'));
  });
  afterAll(async () => { await w?.close(); });

  test('is read beside a form that is filled with what could be read, and sent with its file', async () => {
    await until('it waits', async () => (await harbor.call<{ items: { shows?: boolean }[] }>('GET', '/v1/waiting')).items[0]?.shows);
    const page = await w.enter(harbor.node, ana);
    await page.goto(`${harbor.node.url}/waiting`);
    await page.getByRole('link', { name: 'Read it and send it on' }).click();
    const text = page.getByRole('region', { name: 'Text of what came' });
    await text.getByText('Hello').waitFor();
    expect(await text.innerText()).toContain('Client name: Rosa Ibarra');
    expect(await page.locator('img[src*="evil"]').count()).toBe(0);
    await settled(page);
    await fits(page, 'reading');
    await accessible(page, 'reading');
    const left = await text.boundingBox(), right = await page.getByRole('region', { name: 'The referral' }).boundingBox();
    expect((left?.x ?? 0) + (left?.width ?? 0)).toBeLessThanOrEqual(right?.x ?? 0);
    await page.getByLabel('Send along: letter.txt').check();
    const form = page.getByRole('region', { name: 'The referral' });
    const next = () => form.getByRole('button', { name: 'Continue' }).click();
    await page.locator('#need').selectOption('lsc-63');
    await page.locator('#urgency').check();
    await next();
    await form.getByRole('checkbox', { name: elm.name }).check();
    await next();
    expect(await page.locator('#name').inputValue()).toBe('Rosa Ibarra');
    expect(await page.locator('#birthDate').inputValue()).toBe('1950-12-25');
    await next();
    expect(await page.locator('#phone').inputValue()).toContain('555-0123');
    await page.locator('#initiator').check();
    await page.locator('#phoneSafe').check();
    await next();
    await page.locator('#workerPhone').fill('617 555 0100');
    await next();
    await page.locator('#consentBy').fill('Rosa Ibarra');
    await page.locator('#consentMethod').check();
    await page.locator('#results').check();
    await next();
    await form.getByRole('button', { name: /^Send the referral to/ }).click();
    await form.getByRole('button', { name: 'Send now' }).click();
    await form.getByText('The referral is on its way').waitFor();
    await accessible(page, 'reading, sent');
    const sent = (await harbor.call<{ items: { id: string; reference: string }[] }>('GET', '/v1/referrals')).items;
    expect(sent.length).toBe(1);
    await arrived(elm, sent[0] as { id: string; reference: string });
    await until('the file came along', async () => (await elm.call<{ files: { name: string }[] }>('GET', `/v1/referrals/${sent[0]?.id}/files`)).files.some((f) => f.name === 'letter.txt'));
    expect((await harbor.call<{ items: unknown[] }>('GET', '/v1/waiting')).items).toEqual([]);
    w.well();
  });

  test('stands in one column on a phone', async () => {
    await say(port, mail('<p>Please help Jo.</p>', 'second'));
    await until('it waits', async () => (await harbor.call<{ items: unknown[] }>('GET', '/v1/waiting')).items.length === 1);
    const page = await w.enter(harbor.node, ana, { width: 375, language: 'es-US', dark: true });
    await page.goto(`${harbor.node.url}/waiting`);
    await page.getByRole('link', { name: 'Leerlo y enviarlo' }).click();
    const text = page.getByRole('region', { name: 'Texto de lo que llegó' });
    await text.getByText('Please help Jo.').waitFor();
    const above = await text.boundingBox(), below = await page.getByRole('region', { name: 'La derivación' }).boundingBox();
    expect((above?.y ?? 0) + (above?.height ?? 0)).toBeLessThanOrEqual(below?.y ?? 0);
    await settled(page);
    await fits(page, 'reading on a phone');
    await accessible(page, 'reading on a phone');
    w.well();
  });
});
