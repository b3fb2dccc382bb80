import type { Schemas } from '../../api/client';

type Report = NonNullable<Schemas['Previewed']['report']>;
type View = Schemas['PartnerView'];

const kept = new Set(['ok', 'normalized', 'defaulted', 'narrowed', 'flagged']);
const nothing = new Set(['empty', 'no rule']);

// The report speaks of "contact.points[kind=phone].safe", a partner's lines of "contact.points[0].safe".
const plain = (path: string) => path.replace(/\[[^\]]*\]/g, '');

// What the mapping adds by itself, such as the basis of the consent, is no answer of the form.
const sent = (f: { status: string; local?: string[] | null }) => kept.has(f.status) && (f.local?.length ?? 0) > 0;

/** told are the labels of what would be sent, in the order of the form. */
export function told(report: Report | undefined): string[] {
  const fields = (report?.fields ?? []).filter(sent).map((f) => f.label);
  return [...new Set([...fields, ...(report?.carried ?? []).map((c) => c.label)].filter(Boolean))];
}

/** lost are the labels of what the conversion leaves here, whoever the partner is. */
export function lost(report: Report | undefined): string[] {
  const fields = (report?.fields ?? []).filter((f) => !kept.has(f.status) && !nothing.has(f.status)).map((f) => f.label);
  return [...new Set([...(report?.dropped ?? []).map((d) => d.label), ...fields].filter(Boolean))];
}

export interface Seen { sees: string[]; withheld: string[]; notCarried: string[] }

/** seenBy sorts what would be sent by what becomes of it at one partner. A value belongs to the field that names it most closely. */
export function seenBy(report: Report | undefined, view: View): Seen {
  const out: Seen = { sees: [], withheld: [], notCarried: [] };
  const paths = new Map<string, string>();
  for (const f of report?.fields ?? []) if (f.path && sent(f)) paths.set(f.label, plain(f.path));
  const owner = (line: string) => [...new Set(paths.values())].filter((p) => line === p || line.startsWith(`${p}.`)).sort((a, b) => b.length - a.length)[0];
  const standing = new Map<string, Set<string>>();
  for (const l of view.lines ?? []) {
    const p = owner(plain(l.path));
    if (p) standing.set(p, (standing.get(p) ?? new Set()).add(l.standing));
  }
  for (const label of told(report)) {
    const found = standing.get(paths.get(label) ?? '');
    (found?.has('withheld') ? out.withheld : found?.has('not carried') ? out.notCarried : out.sees).push(label);
  }
  return out;
}
