// The messages of all screens: each folder under screens, and shell, has its own en.json and es.json. A new screen adds
// its two files; nothing is listed here. What the first screen says comes at the start, in one language; the rest comes
// with the first screen that is not among those (first.test.ts finds what would be missing).
export type Language = 'en' | 'es';
export type Catalogue = Record<string, string>;
export type Part = 'first' | 'rest';

const parts = {
  en: { first: () => import('./first.en'), rest: () => import('./rest.en') },
  es: { first: () => import('./first.es'), rest: () => import('./rest.es') },
};

const none: Catalogue = {};
const read: Record<Language, Partial<Record<Part, Catalogue>>> = { en: {}, es: {} };
const merged: Record<Language, Catalogue> = { en: none, es: none };
const listeners = new Set<() => void>();

/** said is what is known of a language by now; the same object until more is read. */
export const said = (language: Language): Catalogue => merged[language];

/** has tells whether a part of a language is read. */
export const has = (language: Language, part: Part) => read[language][part] !== undefined;

export function listen(changed: () => void) {
  listeners.add(changed);
  return () => { listeners.delete(changed); };
}

/** fetchPart reads a part of a language, once. */
export async function fetchPart(language: Language, part: Part): Promise<void> {
  if (has(language, part)) return;
  const { files } = await parts[language][part]();
  read[language][part] = Object.assign({}, ...Object.values(files)) as Catalogue;
  merged[language] = { ...read[language].rest, ...read[language].first };
  for (const l of listeners) l();
}
