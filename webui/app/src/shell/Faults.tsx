import { useEffect, useRef } from 'react';
import { type Fault, Problem } from '../api/client';
import { useWords } from '../i18n/language';
import { Notice } from './Notice';
import { Trouble } from './Trouble';

/** faultsOf gives what is wrong by its place; empty when the node refused without one. */
export const faultsOf = (error: unknown): Fault[] => (error instanceof Problem ? error.faults : []);

/** faultAt is the sentence for one field. */
export const faultAt = (error: unknown, at: string): string | undefined => faultsOf(error).find((f) => f.at === at)?.sentence;

/** Faults says at the top of a form all that is wrong with it; each sentence leads to its field, whose id is its place. */
export function Faults({ error }: { error: unknown }) {
  const say = useWords();
  const box = useRef<HTMLDivElement>(null);
  const list = faultsOf(error);
  useEffect(() => { if (list.length > 0) box.current?.focus(); }, [error]); // eslint-disable-line react-hooks/exhaustive-deps
  if (error === undefined || error === null) return null;
  if (list.length === 0) return <Trouble error={error} focus />;
  const open = (at: string) => { document.getElementById(at)?.focus(); };
  return (
    <Notice tone="bad" title={say('faults.title')} alert box={box}>
      <ul className="rw-plain">{list.map((f) => <li key={f.at + f.sentence}><a className="rw-link" href={`#${f.at}`} onClick={(e) => { e.preventDefault(); open(f.at); }}>{f.sentence}</a></li>)}</ul>
    </Notice>
  );
}
