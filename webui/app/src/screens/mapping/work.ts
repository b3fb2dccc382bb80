import type { Field, Rejection, Suggestion } from '../../api/mapping';
import type { Coded } from './values';

/** Note is what the tool keeps on the node beside a mapping. Nothing in it is about a person: no example, and of values only
 * the words of coded fields, which the value tables hold as well. */
export interface Note { v: 1; fields: Field[]; suggestions: Suggestion[]; never: string[]; rejected: Rejection[]; seen: string }

/** noteOf makes the note of what the tool knows. */
export function noteOf(fields: Field[], suggestions: Suggestion[], never: string[], rejected: Rejection[], seen: string, coded: Coded[]): Note {
  const words = new Map(coded.map((c) => [c.local, c.words.map((w) => ({ text: w.ours, count: w.count }))]));
  return {
    v: 1, never, rejected, seen,
    fields: fields.map(({ path, label, kind, form, filled, empty }) => ({ path, label, kind, form, filled, empty, ...(words.has(path) ? { values: words.get(path) } : {}) })),
    suggestions: suggestions.filter((s) => (s.candidates?.length ?? 0) > 0).map((s) => ({ ...s, candidates: s.candidates?.slice(0, 3) })),
  };
}

/** readNote takes a note as it came; what it does not know is as if nothing had been kept. */
export function readNote(v: unknown): Note {
  const n = (v ?? {}) as Partial<Note>;
  const list = <T>(x: T[] | undefined): T[] => (Array.isArray(x) ? x : []);
  return { v: 1, fields: list(n.fields), suggestions: list(n.suggestions), never: list(n.never), rejected: list(n.rejected), seen: typeof n.seen === 'string' ? n.seen : '' };
}
