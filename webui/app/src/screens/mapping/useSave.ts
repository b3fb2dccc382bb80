import { useCallback, useEffect, useRef, useState } from 'react';
import { saveDraft } from '../../api/mapping';
import type { Doc } from './document';

export interface Saving { state: 'clean' | 'dirty' | 'saving' | 'saved' | 'trouble'; at?: number; error?: unknown }

const pause = 700; // milliseconds after the last change

/** useSave keeps the draft on the node as one goes. flush saves at once and gives the revision that stands there then. */
export function useSave(name: string, doc: Doc, revision: number, changed: number | undefined, may: boolean) {
  const [saving, setSaving] = useState<Saving>({ state: revision > 0 ? 'saved' : 'clean', at: changed });
  const kept = useRef({ doc, revision });
  const latest = useRef(doc);
  const running = useRef<Promise<void>>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  latest.current = doc;

  const save = useCallback((): Promise<void> => {
    clearTimeout(timer.current);
    running.current ??= (async () => {
      try {
        while (latest.current !== kept.current.doc) {
          const sent = latest.current;
          setSaving((s) => ({ ...s, state: 'saving' }));
          const d = await saveDraft(name, sent, kept.current.revision);
          kept.current = { doc: sent, revision: d.revision };
          setSaving({ state: 'saved', at: d.changed });
        }
      } catch (error) {
        setSaving((s) => ({ ...s, state: 'trouble', error }));
        throw error;
      } finally {
        running.current = undefined;
      }
    })();
    return running.current;
  }, [name]);

  useEffect(() => {
    if (!may || doc === kept.current.doc) return;
    setSaving((s) => (s.state === 'saving' ? s : { ...s, state: 'dirty' }));
    timer.current = setTimeout(() => void save().catch(() => undefined), pause);
    return () => clearTimeout(timer.current);
  }, [doc, may, save]);

  useEffect(() => {
    const warn = (e: BeforeUnloadEvent) => { if (may && latest.current !== kept.current.doc) e.preventDefault(); };
    window.addEventListener('beforeunload', warn);
    return () => {
      window.removeEventListener('beforeunload', warn);
      if (may && latest.current !== kept.current.doc) void save().catch(() => undefined); // on the way to another screen
    };
  }, [may, save]);

  const flush = useCallback(async () => {
    await save();
    return kept.current.revision;
  }, [save]);
  /** published says that the draft is done with: the next change begins a new one. */
  const published = useCallback(() => {
    kept.current = { doc: latest.current, revision: 0 };
    setSaving({ state: 'clean' });
  }, []);
  return { saving, flush, published, save };
}
