import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { IntlProvider, useIntl } from 'react-intl';
import { type Language, messages } from './messages';

const kept = 'referworks.language';

// language is the one in use now, also for calls that carry it in a header.
let current: Language = 'en';
export const language = (): Language => current;

function first(): Language {
  const own = localStorage.getItem(kept);
  if (own === 'en' || own === 'es') return own;
  return navigator.language.startsWith('es') ? 'es' : 'en';
}

interface Choice { language: Language; choose(next: Language): void }
const Chosen = createContext<Choice>({ language: 'en', choose: () => undefined });
export const useLanguage = () => useContext(Chosen);

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [now, setNow] = useState<Language>(() => (current = first()));
  useEffect(() => { document.documentElement.lang = now; }, [now]);
  const choose = useCallback((next: Language) => {
    current = next;
    localStorage.setItem(kept, next);
    setNow(next);
  }, []);
  const value = useMemo(() => ({ language: now, choose }), [now, choose]);
  return (
    <Chosen.Provider value={value}>
      <IntlProvider locale={now === 'en' ? 'en-US' : 'es-US'} messages={messages[now]} onError={(e) => { throw e; }}>{children}</IntlProvider>
    </Chosen.Provider>
  );
}

export type Values = Record<string, string | number | Date>;

/** useWords gives the function that says a message by its id. */
export function useWords() {
  const intl = useIntl();
  // A Spanish time ends with a period of its own ("12:00 p.m."): at the end of a sentence one is enough.
  return useCallback((id: string, values?: Values) => intl.formatMessage({ id }, values).replace(/(\.\s?m\.)\.(?!\.)/g, '$1'), [intl]);
}
