// The messages of all screens, merged: each folder under screens, and shell, has its own en.json and es.json. A new
// screen adds its two files; nothing is listed here.
type Catalogue = Record<string, string>;

const english = import.meta.glob<Catalogue>(['../screens/*/en.json', '../shell/en.json'], { eager: true, import: 'default' });
const spanish = import.meta.glob<Catalogue>(['../screens/*/es.json', '../shell/es.json'], { eager: true, import: 'default' });

function merge(files: Record<string, Catalogue>): Catalogue {
  return Object.assign({}, ...Object.values(files)) as Catalogue;
}

export type Language = 'en' | 'es';
export const messages: Record<Language, Catalogue> = { en: merge(english), es: merge(spanish) };
export const files = { en: english, es: spanish };
