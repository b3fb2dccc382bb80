import { useCallback } from 'react';
import { useIntl } from 'react-intl';
import type { StandardField } from '../../api/mapping';
import { useLanguage, useWords } from '../../i18n/language';
import { conditions, type Names } from './place';
import spanish from './standard.es.json';

const words = spanish as Record<string, string>;

/** useStandardWords says places of the standard: "Other people – First name (the other side)". */
export function useStandardWords(names: Names) {
  const say = useWords();
  const { messages } = useIntl();
  const { language } = useLanguage();
  const inOwn = useCallback((text: string) => (language === 'es' ? (words[text] ?? text) : text), [language]);
  const short = useCallback((f: StandardField) => inOwn(f.label.startsWith(`${f.group} - `) ? f.label.slice(f.group.length + 3) : f.label), [inOwn]);
  const whose = useCallback((place: string) => {
    const said = conditions(place).filter((c) => !c.startsWith('kind=') || !place.includes('label=')).map((c) => (messages[`fields.where.${c.replace('=', '.')}`] ? say(`fields.where.${c.replace('=', '.')}`) : c.slice(c.indexOf('=') + 1)));
    return said.length > 0 ? ` (${said.join(', ')})` : '';
  }, [messages, say]);
  const place = useCallback((p: string) => {
    const f = names.of(p);
    return f ? `${inOwn(f.group)} – ${short(f)}${whose(p)}` : p;
  }, [names, inOwn, short, whose]);
  const group = useCallback((f: StandardField) => inOwn(f.group), [inOwn]);
  return { place, short, whose, group };
}
