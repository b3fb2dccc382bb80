import { useCallback } from 'react';
import { useIntl } from 'react-intl';
import type { StandardField } from '../../api/mapping';
import { useWords } from '../../i18n/language';
import { conditions, type Names } from './place';

/** useStandardWords says places of the standard: "Other people – First name (the other side)". */
export function useStandardWords(names: Names) {
  const say = useWords();
  const { messages } = useIntl();
  const short = useCallback((f: StandardField) => (f.label.startsWith(`${f.group} - `) ? f.label.slice(f.group.length + 3) : f.label), []);
  const whose = useCallback((place: string) => {
    const said = conditions(place).filter((c) => !c.startsWith('kind=') || !place.includes('label=')).map((c) => (messages[`fields.where.${c.replace('=', '.')}`] ? say(`fields.where.${c.replace('=', '.')}`) : c.slice(c.indexOf('=') + 1)));
    return said.length > 0 ? ` (${said.join(', ')})` : '';
  }, [messages, say]);
  const place = useCallback((p: string) => {
    const f = names.of(p);
    return f ? `${f.group} – ${short(f)}${whose(p)}` : p;
  }, [names, short, whose]);
  const group = useCallback((f: StandardField) => f.group, []);
  return { place, short, whose, group };
}
