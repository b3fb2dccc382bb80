import { formId } from '../src/screens/compose/formId';
import { connection, mapping } from '../src/screens/compose/mapping';
import { blank, type Draft, record } from '../src/screens/compose/form';
import { type Call, type Node, pair, type Person, until, type World } from './world';

export const ana: Person = { name: 'Ana Ruiz', email: 'ana@harbor.test' };
export const ben: Person = { name: 'Ben Okafor', email: 'ben@elm.test' };
export const noor: Person = { name: 'Noor Haddad', email: 'noor@north.test' };

/** Side is an organization with the person who works there. */
export interface Side { node: Node; org: string; name: string; person: Person; call: Call }

/** Sent is a referral on its sender's side; its id is the same on both. */
export interface Sent { id: string; reference: string }

/** side makes an organization with its person on a node. */
export async function side(node: Node, name: string, person: Person): Promise<Side> {
  const org = node.org(name, person);
  return { node, org, name, person, call: await node.as(person) };
}

/** switchOn lets an organization send by the form. */
export async function switchOn(s: Side): Promise<void> {
  await s.call('PUT', `/v1/mappings/${formId}`, mapping('America/New_York'));
  await s.call('PUT', `/v1/connections/${formId}`, connection);
}

/** answers is a filled-in form; every person in it is invented. */
export function answers(part: Partial<Draft> = {}): Draft {
  return {
    ...blank(new Date(), { name: ana.name, email: ana.email }), need: 'lsc-63', needText: 'Notice to leave by December 20', urgency: 'soon', deadline: '2026-12-20', deadlineKind: 'lockout',
    name: 'Rosa Ibarra', preferredName: 'Rosi', birthDate: '1950-02-03', language: 'es', interpreter: 'yes', phone: '617 555 0123', phoneSafe: 'yes', voicemail: 'no', texts: 'yes', hours: 'After 5 pm', initiator: 'recipient-contacts',
    safety: 'Her son must not know.', address: '12 Elm Street, Boston MA 02108', summary: 'She has lived there for 20 years. The new owner wants everybody out.', expectations: 'Advice before the hearing.', caseNumber: 'H-1042',
    workerPhone: '617 555 0100', consentBy: 'Rosa Ibarra', consentMethod: 'verbal', results: 'yes', ...part,
  };
}

interface Posted { referrals?: { id?: string; reference?: string; to: string }[]; waiting?: boolean; sentence?: string }

/** post sends what the form would send, and gives the referral of each recipient. */
export async function post(from: Side, to: Side[], part: Partial<Draft> = {}): Promise<Sent[]> {
  const query = to.map((s) => `&to=${encodeURIComponent(s.org)}`).join('');
  const posted = await from.call<Posted>('POST', `/v1/referrals?connection=${formId}${query}`, record(answers(part)));
  return (posted.referrals ?? []).map((r) => ({ id: r.id ?? '', reference: r.reference ?? '' }));
}

/** arrived waits until a referral is in somebody's inbox. */
export async function arrived(at: Side, sent: Sent): Promise<Sent> {
  const row = await until(`${at.name} has it`, () => at.call<{ id: string; reference: string }>('GET', `/v1/referrals/${sent.id}`));
  return { id: row.id, reference: row.reference };
}

/** act takes a step once the referral allows it: the other side's last word may still be on its way. */
export async function act(by: Side, of: Sent, step: { kind: string } & Record<string, unknown>): Promise<void> {
  await until(`${by.name} may ${step.kind}`, async () => (await by.call<{ allowed?: { kind: string }[] }>('GET', `/v1/referrals/${of.id}/thread`)).allowed?.some((a) => a.kind === step.kind));
  await by.call('POST', `/v1/referrals/${of.id}/acts`, step);
}

/** stands waits until a referral has a status on a side. */
export async function stands(at: Side, of: Sent, status: string): Promise<void> {
  await until(`${of.reference} is ${status} at ${at.name}`, async () => (await at.call<{ status: string }>('GET', `/v1/referrals/${of.id}`)).status === status);
}

/** partners opens two nodes whose organizations are partners and send by the form. */
export async function partners(w: World): Promise<{ harbor: Side; elm: Side }> {
  const [one, two] = [await w.node('harbor'), await w.node('elm')];
  const harbor = await side(one, 'Harbor Legal Aid', ana);
  const elm = await side(two, 'Elm Street Elder Services', ben);
  await pair(harbor, elm);
  await switchOn(harbor);
  return { harbor, elm };
}
