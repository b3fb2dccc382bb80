// Send a document of your own system with JavaScript (Node 20, nothing to install), and see what became of it.
//   REFERWORKS_URL=http://localhost:8470 REFERWORKS_KEY=rw_live_… node referral.mjs document.json [connection]
import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';

const { REFERWORKS_URL: url, REFERWORKS_KEY: key } = process.env;
const [file, connection = ''] = process.argv.slice(2);

// ask asks the node; what it refuses says why and what to do, in "detail".
async function ask(path, init = {}) {
  const answer = await fetch(url + path, { ...init, headers: { Authorization: `Bearer ${key}`, ...init.headers } });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail);
  return said;
}

// 1. Post the document as your system writes it. The same Idempotency-Key never sends twice, so try again after an error.
const posted = await ask(`/v1/referrals?connection=${encodeURIComponent(connection)}`, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() },
  body: await readFile(file),
});
if (!posted.referrals?.length) throw new Error(`It waits for a person: ${posted.sentence}`);
const { id } = posted.referrals[0];
console.log('posted', id);

// 2. The answer says what the conversion kept, changed and lost.
const kept = (posted.report.fields ?? []).filter((field) => field.status && field.status !== 'empty');
console.log('report:', kept.length, 'fields matched');

// 3. List what was sent, newest first.
const newest = await ask('/v1/referrals?direction=out&limit=5');
console.log('listed:', newest.items.some((row) => row.id === id));

// 4. Wait for the event that it was delivered. Keep the last number that you have seen, and go on behind it.
let after = '0';
let done;
while (!done) {
  const events = await ask(`/v1/events?limit=1000&wait=true&after=${after}`);
  done = events.items.find((e) => e.subject === id && (e.kind.startsWith('referral.delivered') || e.kind === 'referral.refused'));
  after = events.next || after;
}
console.log('event', done.kind);

// 5. Read the referral: where it stands, and what it says in the common standard.
console.log('state', (await ask(`/v1/referrals/${id}`)).state);
console.log('needs:', (await ask(`/v1/referrals/${id}/content`)).needs.length);
