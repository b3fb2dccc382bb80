import type { Field, Rejection, WordGuess } from '../../api/mapping';
import { type Doc, fold, localsOf, type Rule, type Table, type TableRow, tableOf } from './document';
import { general, type Names, nameOf } from './place';

/** Word is one value of ours with the code that it has. */
export interface Word { ours: string; count: number; row?: TableRow; absent?: string; open: boolean }

/** Coded is a field of ours whose values are words of a list. */
export interface Coded { rule: Rule; local: string; label: string; standard: string; table: string; system: string; words: Word[]; open: number }

/** codedOf gives the coded fields with their values, those without a code first. */
export function codedOf(doc: Doc, fields: Field[], names: Names): Coded[] {
  return doc.rules.flatMap((rule) => {
    const table = tableOf(rule);
    const field = names.of(rule.standard ?? '');
    if (!table && !field?.coded) return [];
    const local = localsOf(rule)[0] ?? '';
    if (local === '') return [];
    const f = fields.find((x) => x.path === local);
    const t = doc.valueTables?.[table];
    const words = wordsOf(rule, f, t, doc.side.absent ?? {});
    return [{ rule, local, label: rule.label ?? (f?.label || nameOf(local)), standard: field?.path ?? general(rule.standard ?? ''), table, system: t?.system ?? '', words, open: words.filter((w) => w.open).length }];
  });
}

function wordsOf(rule: Rule, f: Field | undefined, t: Table | undefined, absent: Record<string, string>): Word[] {
  const split = rule.via?.find((s) => s.fn === 'split')?.separator;
  const seen = new Map<string, Word>();
  const add = (text: string, count: number) => {
    for (const part of typeof split === 'string' && split.trim() !== '' ? text.split(split.trim()) : [text]) {
      const ours = part.trim();
      if (ours === '') continue;
      const known = seen.get(fold(ours));
      if (known) { known.count += count; continue; }
      const row = t?.rows.find((r) => fold(r.ours) === fold(ours));
      const gone = Object.entries(absent).find(([word]) => fold(word) === fold(ours))?.[1];
      seen.set(fold(ours), { ours, count, row, absent: gone, open: !row && !gone });
    }
  };
  if (f?.values?.length) for (const w of f.values) add(w.text, w.count ?? 0);
  else for (const e of f?.examples ?? []) add(e, 1);
  for (const r of t?.rows ?? []) if (r.direction !== 'out') add(r.ours, 0);
  return [...seen.values()].sort((a, b) => Number(b.open) - Number(a.open) || b.count - a.count);
}

/** marked names the values as they were looked at: what has no code, and what has which. Looking again is due when it is another. */
export function marked(coded: Coded[]): string {
  return coded.map((c) => `${c.local}>${c.standard}:${c.words.filter((w) => w.open).map((w) => fold(w.ours)).sort().join('|')}`).sort().join('\n');
}

/** guessesFor gives what a word could mean, without what was turned down. */
export function guessesFor(guesses: WordGuess[] | undefined, ours: string, rejected: Rejection[]): NonNullable<WordGuess['candidates']> {
  const g = guesses?.find((x) => fold(x.ours) === fold(ours));
  return (g?.candidates ?? []).filter((c) => c.system !== 'absent' && !rejected.some((r) => r.code === c.code && fold(r.ours ?? '') === fold(ours)));
}

/** pathTo is a code with the headings that it stands under, for a list that is searched. */
export function pathTo(list: { code: string; label?: string; spanish?: string; parent?: string }[], code: string, spanish: boolean): string[] {
  const by = new Map(list.map((c) => [c.code, c]));
  const out: string[] = [];
  for (let at = by.get(by.get(code)?.parent ?? ''), n = 0; at && n < 8; at = by.get(at.parent ?? ''), n++) out.unshift((spanish && at.spanish) || at.label || at.code);
  return out;
}
