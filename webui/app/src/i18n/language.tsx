import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { IntlProvider, useIntl } from 'react-intl';
import { fetchPart, has, type Language, listen, said } from './messages';

const kept = 'referworks.language';

// language is the one in use now, also for calls that carry it in a header.
let current: Language = first();
export const language = (): Language => current;

function first(): Language {
  const own = localStorage.getItem(kept);
  if (own === 'en' || own === 'es') return own;
  return navigator.language.startsWith('es') ? 'es' : 'en';
}

let all = false; // a screen beyond the first ones was opened

/** words reads what the first screens say. Nothing may be drawn before it is there. */
export const words = (): Promise<void> => fetchPart(current, 'first');

/** withWords loads a screen together with what the screens beyond the first ones say. */
export async function withWords<T>(load: () => Promise<T>): Promise<T> {
  all = true;
  const [screen] = await Promise.all([load(), complete(() => current)]);
  return screen;
}

// complete reads what is wanted of a language. Which one, and how much, may change while it reads.
async function complete(of: () => Language) {
  const ready = () => has(of(), 'first') && (!all || has(of(), 'rest'));
  while (!ready()) await Promise.all([fetchPart(of(), 'first'), all ? fetchPart(of(), 'rest') : undefined]);
}

interface Choice { language: Language; choose(next: Language): void }
const Chosen = createContext<Choice>({ language: 'en', choose: () => undefined });
export const useLanguage = () => useContext(Chosen);

/** LanguageProvider says everything below it in one language. It is drawn after words() is done. What the node says, it says in the language that it was asked in: changed lets it be asked again. */
export function LanguageProvider({ changed, children }: { changed: () => void; children: ReactNode }) {
  const [now, setNow] = useState<Language>(current);
  const messages = useSyncExternalStore(listen, () => said(now));
  useEffect(() => { document.documentElement.lang = now; }, [now]);
  const choose = useCallback((next: Language) => {
    localStorage.setItem(kept, next);
    // Without its words the language cannot change here: the page is asked for again, in the language that is kept now.
    complete(() => next).then(() => { if (localStorage.getItem(kept) === next) { current = next; setNow(next); changed(); } }, () => window.location.reload());
  }, [changed]);
  const value = useMemo(() => ({ language: now, choose }), [now, choose]);
  return (
    <Chosen.Provider value={value}>
      <IntlProvider locale={now === 'en' ? 'en-US' : 'es-US'} messages={messages} onError={(e) => { throw e; }}>{children}</IntlProvider>
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
