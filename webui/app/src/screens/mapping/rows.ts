import type { Candidate, Field, Mistake, Rejection, Suggestion } from '../../api/mapping';
import { directionOf, type Doc, localsOf, lockOf, type Rule } from './document';
import { general, nameOf } from './place';

// A row is one field of ours with what it is joined with. The row is the truth; a line is a view of it.
export type Sure = 'sure' | 'check' | 'none' | 'kept' | 'lost';

export interface Row {
  key: string;
  local: string; // "" of a fixed value
  label: string;
  kind: string;
  example: string;
  rules: Rule[];
  sure: Sure;
  offer?: Candidate; // a suggestion that nobody has answered
  ask?: string; // what only a person can say of the values
  government: boolean;
  reason: string; // why it stays behind
  mistakes: Mistake[];
}

export interface Seen {
  doc: Doc;
  fields: Field[];
  suggestions: Suggestion[];
  rejected: Rejection[];
  never: string[]; // government numbers by their names
  mistakes: Mistake[];
}

/** rowsOf gives a row for each field, then for what rules name beside, then for fixed values. */
export function rowsOf({ doc, fields, suggestions, rejected, never, mistakes }: Seen): Row[] {
  const byLocal = new Map<string, Rule[]>();
  for (const r of doc.rules) for (const l of localsOf(r)) byLocal.set(l, [...(byLocal.get(l) ?? []), r]);
  const guesses = new Map(suggestions.map((s) => [s.local, s]));
  const wrong = (rules: Rule[]) => mistakes.filter((m) => rules.some((r) => r.id === m.rule || (m.index !== undefined && doc.rules[m.index] === r)));
  const row = (local: string, f?: Field): Row => {
    const rules = byLocal.get(local) ?? [];
    const government = never.includes(local);
    const { locked, reason } = lockOf(doc, local, government);
    const offer = rules.length === 0 && !locked ? offerOf(guesses.get(local), rejected, doc) : undefined;
    const ask = rules.length > 0 && f?.ask && asks(rules) ? f.ask : undefined;
    const sure: Sure = locked ? 'kept' : rules.length > 0 ? (ask ? 'check' : 'sure') : offer ? 'check' : dropped(doc, local) ? 'lost' : 'none';
    return { key: local, local, label: rules.find((r) => r.label)?.label ?? (f?.label || nameOf(local)), kind: f?.kind === 'null' ? '' : (f?.kind ?? ''), example: f?.examples?.find((e) => e.trim() !== '') ?? '', rules, sure, offer, ask, government, reason, mistakes: wrong(rules) };
  };
  const known = new Set(fields.map((f) => f.path));
  const rows = fields.map((f) => row(f.path, f));
  for (const local of byLocal.keys()) if (!known.has(local)) rows.push(row(local));
  for (const r of doc.rules) {
    if (localsOf(r).length > 0) continue;
    const value = r.via?.find((s) => s.fn === 'constant')?.value;
    rows.push({ key: `#${r.id}`, local: '', label: r.label ?? (typeof value === 'string' ? value : r.id), kind: '', example: typeof value === 'string' ? value : '', rules: [r], sure: 'sure', government: false, reason: '', mistakes: wrong([r]) });
  }
  return rows;
}

/** asks: dates that could be read both ways, and the rule still takes both. */
function asks(rules: Rule[]): boolean {
  return rules.some((r) => r.via?.some((s) => {
    const formats = s.fn === 'date' && Array.isArray(s.formats) ? (s.formats as string[]) : [];
    return formats.some((f) => /^MM?[/.-]DD?/.test(f)) && formats.some((f) => /^DD?[/.-]MM?/.test(f));
  }));
}

/** offerOf is the best suggestion that was not turned down and whose place is free. */
export function offerOf(s: Suggestion | undefined, rejected: Rejection[], doc: Doc): Candidate | undefined {
  return s?.candidates?.find((c) => !rejected.some((r) => r.local === s.local && (r.standard === c.standard || r.standard === c.place)) && !taken(doc, c.place) && !c.standard.startsWith('person.governmentIds'));
}

/** taken tells whether a rule fills a place that holds one value. */
export function taken(doc: Doc, place: string): boolean {
  return !place.endsWith('[]') && !place.startsWith('contact.points[') && doc.rules.some((r) => r.standard === place && directionOf(r) !== 'out');
}

function dropped(doc: Doc, local: string): boolean {
  return doc.unmapped?.policy === 'drop' || (doc.unmapped?.fields ?? []).some((f) => f.drop && f.local === local);
}

export interface Counts { fields: number; matched: number; check: number; extra: number; kept: number; lost: number }

/** countsOf tells where every field goes; each is counted once. */
export function countsOf(rows: Row[]): Counts {
  const own = rows.filter((r) => r.local !== '');
  const n = (s: Sure) => own.filter((r) => r.sure === s).length;
  return { fields: own.length, matched: n('sure'), check: n('check'), extra: n('none'), kept: n('kept'), lost: n('lost') };
}

export type Only = 'all' | 'check' | 'none' | 'wrong';

/** found filters rows by words and by what is to be done. */
export function found(rows: Row[], words: string, only: Only, goes: (r: Row) => string): Row[] {
  const want = words.trim().toLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((r) => {
    if (only === 'wrong' ? r.mistakes.length === 0 : only !== 'all' && r.sure !== only) return false;
    const text = `${r.label} ${r.local} ${r.example} ${goes(r)}`.toLowerCase();
    return want.every((w) => text.includes(w));
  });
}

/** sureOnes are the suggestions that may be taken over without asking: sure, of fields without a rule, at free places. */
export function sureOnes(doc: Doc, suggestions: Suggestion[], rejected: Rejection[], never: string[]): { local: string; standard: string }[] {
  const ruled = new Set(doc.rules.flatMap(localsOf));
  return suggestions.flatMap((s) => {
    const first = s.candidates?.[0];
    if (!s.chosen || !first || ruled.has(s.local) || lockOf(doc, s.local, never.includes(s.local)).locked || offerOf(s, rejected, doc) !== first) return [];
    return [{ local: s.local, standard: first.place }];
  });
}

/** matchesPlace tells which rows go to a place of the standard. */
export function rowsAt(rows: Row[], place: string, canonical: (p: string) => string): Row[] {
  return rows.filter((r) => r.rules.some((x) => x.standard !== undefined && canonical(x.standard) === place));
}

/** canonicalIn finds the listed place that a rule's place means: the same, the field that a function fills, or the general one. */
export function canonicalIn(places: string[]): (p: string) => string {
  const all = new Set(places);
  const memo = new Map<string, string>();
  const find = (p: string): string => {
    for (const tail of ['', '.value', '.full', '.phone', '.lines[]', '.name', '[]']) if (all.has(p + tail)) return p + tail;
    const wide = p.replace(/,[^\]]*\]/g, ']'); // the first condition alone
    for (const q of [wide, general(p)]) for (const tail of ['', '.value', '.full', '.phone', '.lines[]', '.name', '[]']) if (all.has(q + tail)) return q + tail;
    return p;
  };
  return (p) => {
    const known = memo.get(p) ?? find(p);
    memo.set(p, known);
    return known;
  };
}
