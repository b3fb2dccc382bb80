// A program that takes Referworks' webhooks: it checks the signature, works each event once, and answers.
//
// WEBHOOK_SECRET=whsec_... node webhook.mjs [PORT]
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

/** verify tells whether one of our secrets signed this body, not longer ago than five minutes. */
function verify(secrets, headers, body) {
  const id = headers['webhook-id'] ?? '';
  const at = headers['webhook-timestamp'] ?? '';
  if (!/^\d+$/.test(at) || Math.abs(Date.now() / 1000 - Number(at)) > 300) return false;
  return secrets.some((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    const want = Buffer.from(`v1,${createHmac('sha256', key).update(`${id}.${at}.`).update(body).digest('base64')}`);
    return (headers['webhook-signature'] ?? '').split(' ').map((s) => Buffer.from(s))
      .some((got) => got.length === want.length && timingSafeEqual(got, want));
  });
}

const secrets = process.env.WEBHOOK_SECRET.split(/\s+/);
const known = new Set(); // yours is a table with a unique column, written together with what you do

const server = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  if (!verify(secrets, request.headers, body)) {
    response.writeHead(401).end();
    return;
  }
  const id = request.headers['webhook-id'];
  console.log(known.has(id) ? 'again' : JSON.parse(body).type);
  known.add(id);
  response.writeHead(204).end();
});
server.listen(Number(process.argv[2] ?? 3000), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/hook`));
