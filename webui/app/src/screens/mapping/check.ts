import type { RanOne, Report } from '../../api/mapping';
import { type Doc, localsOf, type Rule, type Test } from './document';
import { valueAt } from './place';

/** What became of a field, from good to bad. */
export type Fate = 'same' | 'changed' | 'filled' | 'look' | 'missing' | 'waits' | 'extra' | 'stays' | 'empty';

export interface Told { key: string; label: string; standard: string; there: string; ours: string; home: string; fate: Fate; reason: string; rule?: string }

const fates: Record<string, Fate> = { ok: 'same', normalized: 'changed', defaulted: 'filled', narrowed: 'look', flagged: 'look', missing: 'missing', held: 'waits', empty: 'empty' };

/** tell puts a conversion there and back into lines: one for each rule that had something to do, then what has no rule. */
export function tell(doc: Doc, one: RanOne, ours: Map<string, string>, home: Map<string, string>): Told[] {
  const out: Told[] = [];
  const at = (m: Map<string, string>, locals: string[]) => locals.map((l) => m.get(l) ?? '').filter(Boolean).join(', ');
  for (const f of one.report?.fields ?? []) {
    const rule = doc.rules.find((r) => r.id === f.rule);
    if (f.status === 'empty') continue;
    const locals = f.local ?? [];
    out.push({ key: f.rule ?? f.path, rule: f.rule, label: f.label, standard: rule?.standard ?? f.path, there: valueAt(one.referral, rule?.standard ?? f.path), ours: at(ours, locals), home: at(home, locals), fate: fates[f.status] ?? 'look', reason: f.reason ?? '' });
  }
  for (const p of one.report?.carried ?? []) out.push({ key: `extra ${p.local} ${p.label}`, label: p.label, standard: '', there: at(ours, [plain(p.local)]), ours: at(ours, [plain(p.local)]), home: at(home, [plain(p.local)]), fate: 'extra', reason: p.reason ?? '' });
  for (const p of one.report?.dropped ?? []) out.push({ key: `stays ${p.local} ${p.label}`, label: p.label, standard: '', there: '', ours: at(ours, [plain(p.local)]), home: '', fate: 'stays', reason: p.reason ?? '' });
  return out;
}

/** plain is the path of a place as samples list it: without the number of the item. */
const plain = (path: string | undefined) => (path ?? '').replace(/\[\d+\]/g, '[]');

/** fateOrder puts what a person must see first. */
const order: Fate[] = ['waits', 'missing', 'look', 'stays', 'extra', 'filled', 'changed', 'same', 'empty'];
export const byFate = (a: Told, b: Told) => order.indexOf(a.fate) - order.indexOf(b.fate);

/** lostIn counts what a report says did not arrive. */
export const lostIn = (r: Report | undefined) => (r?.dropped ?? []).length;

/** testOf makes a stored test of a record: what it comes to now is what it must come to. */
export function testOf(doc: Doc, one: RanOne, name: string, input: string): Test {
  const expect: Record<string, string> = {};
  for (const r of doc.rules) {
    const place = single(r);
    const value = place && valueAt(one.referral, place);
    if (place && value && !value.includes('; ')) expect[place] = value;
  }
  return { name, direction: 'in', input, expect };
}

/** single is where the first value of a rule stands; "" when it fills a group or several places. */
function single(r: Rule): string {
  const fn = r.via?.at(-1)?.fn ?? '';
  if (!r.standard || r.direction === 'out' || localsOf(r).length !== 1 || ['address', 'money', 'list', 'split', 'attachment'].includes(fn)) return '';
  const place = r.standard.replace(/\[\]/g, '[0]');
  if (fn === 'phone') return place.endsWith('contact') ? `${place}.phone` : `${place}.value`;
  return fn === 'name' && !('part' in (r.via?.at(-1) ?? {})) ? `${place}.full` : place;
}
