import { useEffect } from 'react';
import { createPortal } from 'react-dom';
import type { Created } from '../../api/setup';
import { useWords } from '../../i18n/language';

export interface Part { kind: 'root' | 'recovery'; words: boolean }

/** Sheet is one printed page: a file or its words, never both. It is on paper only. */
export function Sheet({ made, part, onDone }: { made: Created; part: Part; onDone: () => void }) {
  const say = useWords();
  const { kind, words } = part;
  useEffect(() => {
    window.addEventListener('afterprint', onDone);
    const t = setTimeout(() => window.print(), 50); // after the page has it
    return () => { clearTimeout(t); window.removeEventListener('afterprint', onDone); };
  }, [onDone]);
  const id = `${kind}.${words ? 'words' : 'file'}`;
  return createPortal(
    <div className="rw-sheet">
      <h1>{say(`sheet.${id}`)}</h1>
      <p>{made.name}<br />{made.id}</p>
      <h2>{say('sheet.what')}</h2>
      <p>{say(`sheet.${id}.what`)}</p>
      <h2>{say('sheet.where')}</h2>
      <p>{say(words ? 'sheet.where.words' : 'sheet.where.file')}</p>
      <h2>{say('sheet.when')}</h2>
      <p>{say(`sheet.${kind}.when`)}</p>
      {words
        ? <ol>{(kind === 'root' ? made.rootPassphrase : made.recoveryPassphrase).split(' ').map((w, i) => <li key={i}>{w}</li>)}</ol>
        : <pre>{kind === 'root' ? made.rootFile : made.recoveryFile}</pre>}
    </div>, document.body);
}
