// The mapping document, as docs/mapping.md describes it, and what a person does to it. Every act gives a new document
// and leaves the old one as it was, so that it can be undone.

export interface Step { fn: string; [argument: string]: unknown }

export interface Rule {
  id: string;
  label?: string;
  section?: string;
  local?: string | string[];
  standard?: string;
  direction?: 'both' | 'in' | 'out';
  via?: Step[];
  required?: boolean;
  onFailure?: 'flag' | 'hold' | 'skip';
  [other: string]: unknown;
}

export interface TableRow { ours: string; code: string; label?: string; system?: string; relation?: string; direction?: string; default?: boolean }
export interface Policy { policy: 'keep' | 'fixed' | 'parent' | 'hold'; value?: string }
export interface Table { system?: string; rows: TableRow[]; unknown?: { in?: Policy; out?: Policy }; parents?: Record<string, string>; exact?: boolean; comment?: string }
export interface Never { local?: string; standard?: string; allow?: boolean; reason?: string }
export interface Test { name: string; direction: 'in' | 'out'; input: string; expect: Record<string, string> }

export interface Doc {
  v: number;
  id: string;
  standard: string;
  name: string;
  side: { format: string; absent?: Record<string, string>; sample?: string; [other: string]: unknown };
  rules: Rule[];
  valueTables?: Record<string, Table>;
  unmapped?: { policy?: 'carry' | 'drop'; fields?: { local: string; drop?: boolean; label?: string }[]; [other: string]: unknown };
  never?: Never[];
  tests?: Test[];
  [other: string]: unknown;
}

/** isDoc tells whether something can be shown as a mapping at all; what is wrong inside is the engine's to say. */
export function isDoc(v: unknown): v is Doc {
  const d = v as Doc;
  const plain = (x: unknown) => typeof x === 'object' && x !== null && !Array.isArray(x);
  return plain(d) && plain(d.side) && typeof d.side.format === 'string' && typeof d.name === 'string' && Array.isArray(d.rules)
    && d.rules.every((r) => plain(r) && typeof r.id === 'string' && (r.via === undefined || (Array.isArray(r.via) && r.via.every(plain))))
    && (d.valueTables === undefined || (plain(d.valueTables) && Object.values(d.valueTables).every((t) => plain(t) && Array.isArray(t.rows))))
    && (d.never === undefined || Array.isArray(d.never)) && (d.tests === undefined || Array.isArray(d.tests));
}

/** blank is a mapping that joins nothing yet. */
export function blank(id: string, name: string, zone: string, language: string): Doc {
  return { v: 1, id, standard: 'referral/1', name, side: { format: 'json', locale: 'en-US', region: 'US', zone, language }, rules: [], unmapped: { policy: 'carry' } };
}

/** idOf makes a name for the node of a name for people: "Intake sheet, 2026" is "intake-sheet-2026". */
export function idOf(name: string): string {
  return name.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40).replace(/-+$/, '');
}

export const localsOf = (r: Rule): string[] => (r.local === undefined ? [] : Array.isArray(r.local) ? r.local : [r.local]);
export const directionOf = (r: Rule): 'both' | 'in' | 'out' => r.direction ?? 'both';

/** tableOf is the value table that a rule uses, or "". */
export function tableOf(r: Rule): string {
  const step = r.via?.find((s) => s.fn === 'value' || s.fn === 'lookup');
  return typeof step?.table === 'string' ? step.table : '';
}

/** freeId gives a name that is not taken. */
export function freeId(wanted: string, taken: (id: string) => boolean): string {
  const stem = idOf(wanted) || 'field';
  for (let n = 1; ; n++) {
    const id = n === 1 ? stem : `${stem.slice(0, 36)}-${n}`;
    if (!taken(id)) return id;
  }
}

/** without leaves out members that say nothing, which the engine's strict reader would not have. */
function tidy<T extends object>(o: T): T {
  return Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined && v !== '' && !(Array.isArray(v) && v.length === 0))) as T;
}

export function changeRule(doc: Doc, id: string, part: Partial<Rule>): Doc {
  return { ...doc, rules: doc.rules.map((r) => (r.id === id ? tidy({ ...r, ...part }) : r)) };
}

/** replaceRule puts a rule, written by hand, in the place of another. */
export function replaceRule(doc: Doc, id: string, rule: Rule): Doc {
  return { ...doc, rules: doc.rules.map((r) => (r.id === id ? rule : r)) };
}

export function addRule(doc: Doc, rule: Rule): Doc {
  return { ...doc, rules: [...doc.rules, tidy(rule)] };
}

/** dropTables takes out tables that no rule uses any more but that the rule before did. */
function dropTables(doc: Doc, before: Rule[]): Doc {
  const gone = before.map(tableOf).filter((t) => t && !doc.rules.some((r) => tableOf(r) === t) && (doc.recipients as { table?: string } | undefined)?.table !== t);
  if (gone.length === 0 || !doc.valueTables) return doc;
  const valueTables = Object.fromEntries(Object.entries(doc.valueTables).filter(([name]) => !gone.includes(name)));
  return tidy({ ...doc, rules: doc.rules, valueTables: Object.keys(valueTables).length > 0 ? valueTables : undefined });
}

/** keepLists gives a document back the lists that it must have. */
const keepLists = (doc: Doc): Doc => ({ ...doc, rules: doc.rules ?? [] });

/** unjoin takes a field of ours out of the rules: a rule of several places keeps the others. */
export function unjoin(doc: Doc, local: string): Doc {
  const touched = doc.rules.filter((r) => localsOf(r).includes(local));
  const rules = doc.rules.flatMap((r) => {
    const rest = localsOf(r).filter((l) => l !== local);
    if (rest.length === localsOf(r).length) return [r];
    if (rest.length === 0) return [];
    const alone = rest.length === 1;
    return [tidy({ ...r, local: alone ? (rest[0] ?? '') : rest, via: alone ? r.via?.filter((s) => !['join', 'list', 'concat'].includes(s.fn)) : r.via })];
  });
  return keepLists(dropTables({ ...doc, rules }, touched));
}

export function dropRule(doc: Doc, id: string): Doc {
  const touched = doc.rules.filter((r) => r.id === id);
  return keepLists(dropTables({ ...doc, rules: doc.rules.filter((r) => r.id !== id) }, touched));
}

/** joinPlain joins without the help of the engine: for a document that has mistakes. */
export function joinPlain(doc: Doc, local: string, standard: string, label?: string): Doc {
  return addRule(doc, { id: freeId(local, (id) => doc.rules.some((r) => r.id === id)), label, local, standard });
}

/** addFixed fills a place of the standard with a fixed text. */
export function addFixed(doc: Doc, standard: string, value: string): Doc {
  return addRule(doc, { id: freeId(`fixed ${standard}`, (id) => doc.rules.some((r) => r.id === id)), standard, direction: 'in', via: [{ fn: 'constant', value }] });
}

/** lockOf says whether a field stays behind: by the document, or as a government number that nothing allows. */
export function lockOf(doc: Doc, local: string, government: boolean): { locked: boolean; reason: string; own: boolean } {
  const entries = (doc.never ?? []).filter((n) => n.local === local);
  const never = entries.find((n) => !n.allow);
  if (never) return { locked: true, reason: never.reason ?? '', own: true };
  const allowed = entries.find((n) => n.allow);
  return { locked: government && !allowed, reason: allowed?.reason ?? '', own: false };
}

/** lock keeps a field at home, whatever it was joined with. */
export function lock(doc: Doc, local: string, reason: string): Doc {
  const free = unjoin(doc, local);
  return tidyNever(free, [...(free.never ?? []).filter((n) => n.local !== local), tidy({ local, reason })]);
}

/** unlock lets a field travel; a government number needs a word that allows it. */
export function unlock(doc: Doc, local: string, government: boolean, reason: string): Doc {
  const rest = (doc.never ?? []).filter((n) => n.local !== local);
  return tidyNever(doc, government ? [...rest, tidy({ local, allow: true, reason })] : rest);
}

function tidyNever(doc: Doc, never: Never[]): Doc {
  const next = { ...doc, never };
  if (never.length === 0) delete (next as Partial<Doc>).never;
  return next;
}

/** merge takes the rules, tables and groups of a draft that the engine made over a document of ours. */
export function merge(doc: Doc, draft: Doc): Doc {
  const next: Doc = { ...doc, rules: draft.rules, side: { ...doc.side, ...(draft.side.absent ? { absent: draft.side.absent } : {}), format: draft.side.format, ...(draft.side.sample ? { sample: draft.side.sample } : {}) } };
  for (const part of ['valueTables', 'groups'] as const) {
    if (draft[part]) next[part] = draft[part] as never;
    else delete next[part];
  }
  return next;
}

export function setTable(doc: Doc, name: string, table: Table): Doc {
  return { ...doc, valueTables: { ...doc.valueTables, [name]: table } };
}

/** setCode gives a word of ours a code in a table, or takes it away with an empty one. */
export function setCode(table: Table, ours: string, code: { code: string; label?: string } | undefined): Table {
  const same = (r: TableRow) => fold(r.ours) === fold(ours);
  const rows = code ? (table.rows.some(same) ? table.rows.map((r) => (same(r) ? tidy({ ...r, code: code.code, label: code.label, relation: undefined, system: undefined }) : r)) : [...table.rows, tidy({ ours, code: code.code, label: code.label })]) : table.rows.filter((r) => !same(r));
  return { ...table, rows: oneDefault(rows) };
}

/** oneDefault marks the first of several words for one code as the one that is written, as the engine wants it. */
function oneDefault(rows: TableRow[]): TableRow[] {
  return rows.map((r, i) => {
    const same = rows.filter((o) => o.code === r.code && (o.system ?? '') === (r.system ?? '') && o.direction !== 'in');
    const chosen = same.find((o) => o.default) ?? same[0];
    const { default: _, ...rest } = r;
    return same.length > 1 && chosen === rows[i] ? { ...rest, default: true } : rest;
  });
}

/** fold compares words as the engine does: without case and extra space. */
export const fold = (s: string) => s.trim().replace(/\s+/g, ' ').toLowerCase();

/** withTable gives a rule a value table, an empty one when it has none yet. */
export function withTable(doc: Doc, id: string, system: string): Doc {
  const rule = doc.rules.find((r) => r.id === id);
  if (!rule || tableOf(rule)) return doc;
  const name = freeId(id, (n) => n in (doc.valueTables ?? {}));
  const via = [...(rule.via ?? []).filter((s) => s.fn === 'split'), { fn: 'value', table: name }];
  return setTable(changeRule(doc, id, { via }), name, system ? { system, rows: [] } : { rows: [] });
}

export function addTest(doc: Doc, test: Test): Doc {
  return { ...doc, tests: [...(doc.tests ?? []).filter((t) => t.name !== test.name), test] };
}

export function dropTest(doc: Doc, name: string): Doc {
  const tests = (doc.tests ?? []).filter((t) => t.name !== name);
  const next = { ...doc, tests };
  if (tests.length === 0) delete (next as Partial<Doc>).tests;
  return next;
}
