// Every message in both languages, for the tests. The program reads them in parts (messages.ts).
import { files as firstEnglish } from './first.en';
import { files as firstSpanish } from './first.es';
import { files as restEnglish } from './rest.en';
import { files as restSpanish } from './rest.es';
import type { Catalogue, Language } from './messages';

const merge = (all: Record<string, Catalogue>) => Object.assign({}, ...Object.values(all)) as Catalogue;

export const parts = { en: { first: firstEnglish, rest: restEnglish }, es: { first: firstSpanish, rest: restSpanish } };
export const files: Record<Language, Record<string, Catalogue>> = { en: { ...firstEnglish, ...restEnglish }, es: { ...firstSpanish, ...restSpanish } };
export const messages: Record<Language, Catalogue> = { en: merge(files.en), es: merge(files.es) };
