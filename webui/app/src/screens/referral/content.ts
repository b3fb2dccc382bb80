// Reading a referral in the common standard. A leaf is a text, a number, a yes or no, or the reason why it is not there;
// nothing is taken for granted, because it comes from another organization.
export type Tree = Record<string, unknown>;

export const tree = (v: unknown): Tree => (typeof v === 'object' && v !== null && !Array.isArray(v) ? (v as Tree) : {});
export const list = (v: unknown): Tree[] => (Array.isArray(v) ? v.map(tree) : []);

/** Leaf is what a leaf holds: words as they came, a yes or no, or the reason why there is nothing. */
export type Leaf = { text: string } | { flag: boolean } | { absent: string } | undefined;

export function leaf(v: unknown): Leaf {
  if (typeof v === 'string') return v === '' ? undefined : { text: v };
  if (typeof v === 'number') return { text: String(v) };
  if (typeof v === 'boolean') return { flag: v };
  const t = tree(v);
  if (typeof t.absent === 'string') return { absent: t.absent };
  // A word of a code system: what the sender wrote, and what it means.
  const label = text(t.label);
  const original = text(t.original);
  const code = text(t.code);
  if (original && label && original !== label) return { text: `${original} (${label})` };
  const word = original || label || code;
  return word ? { text: word } : undefined;
}

/** text is a leaf's words, or "" when it holds none. */
export function text(v: unknown): string {
  return typeof v === 'string' ? v : typeof v === 'number' ? String(v) : '';
}

/** nameOf puts a name together as it was written. */
export function nameOf(n: Tree): string {
  return text(n.full) || [n.prefix, n.given, n.middle, n.family, n.suffix].map(text).filter(Boolean).join(' ');
}

export interface Fact { path: string[]; value: Leaf }

/** facts walks what is left of a group and gives every leaf with its path. Numbers in it count from 1. */
export function facts(v: unknown, path: string[] = []): Fact[] {
  if (v === null || v === undefined) return [];
  if (Array.isArray(v)) return v.flatMap((e, i) => facts(e, v.length > 1 ? [...path, String(i + 1)] : path));
  if (isTree(v)) return isWord(v) ? [{ path, value: leaf(v) }] : Object.entries(v).flatMap(([k, x]) => facts(x, [...path, k]));
  return [{ path, value: leaf(v) }];
}

export interface Place { path: string; numbers: number[]; value: Leaf }

/** places are the leaves of a part of a referral by their path in the standard, and which of several each belongs to. */
export function places(v: unknown, path: string, numbers: number[] = []): Place[] {
  if (Array.isArray(v)) return v.flatMap((e, i) => places(e, `${path}[]`, v.length > 1 ? [...numbers, i + 1] : numbers));
  if (isTree(v) && !isWord(v)) return Object.entries(v).flatMap(([k, x]) => places(x, `${path}.${k}`, numbers));
  const value = leaf(v);
  return value ? [{ path, numbers, value }] : [];
}

const isTree = (v: unknown): v is Tree => typeof v === 'object' && v !== null && !Array.isArray(v);
// A coded word, or the reason why there is none.
const isWord = (t: Tree) => 'absent' in t || (('original' in t || 'code' in t) && Object.values(t).every((x) => typeof x === 'string' || typeof x === 'number'));

/** spoken turns the name of a field into words: "incomeMonthly" is "Income monthly". */
export function spoken(path: string[]): string {
  const words = path.map((p) => p.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase()).join(' – ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** without leaves out members of a tree. */
export function without(v: unknown, ...names: string[]): Tree {
  return Object.fromEntries(Object.entries(tree(v)).filter(([k]) => !names.includes(k)));
}
