import { Button, Checkbox, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { type Created, useKeepKit } from '../../api/setup';
import { useWords } from '../../i18n/language';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';
import { type Part, Sheet } from './Sheet';
import { asked, same, save } from './keep';

const kinds = ['root', 'recovery'] as const;
type Of = (typeof kinds)[number];
const fileOf = (made: Created, k: Of) => (k === 'root' ? made.rootFile : made.recoveryFile);
const wordsOf = (made: Created, k: Of) => (k === 'root' ? made.rootPassphrase : made.recoveryPassphrase).split(' ');

/** Kit hands over the two recovery files: first they are saved, then two of the words are typed back, out of sight. */
export function Kit({ made, onDone }: { made: Created; onDone: () => void }) {
  const [checking, setChecking] = useState(false);
  const [saved, setSaved] = useState<string[]>([]);
  useEffect(() => {
    const warn = (e: BeforeUnloadEvent) => e.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, []);
  return checking
    ? <Check made={made} onBack={() => setChecking(false)} onDone={onDone} />
    : <Files made={made} saved={saved} onSaved={(k) => setSaved((all) => [...new Set([...all, k])])} onNext={() => setChecking(true)} />;
}

function Files({ made, saved, onSaved, onNext }: { made: Created; saved: string[]; onSaved: (what: string) => void; onNext: () => void }) {
  const say = useWords();
  const [sheet, setSheet] = useState<Part>();
  const [missing, setMissing] = useState(false);
  const todo = kinds.filter((k) => !saved.includes(k));
  return (
    <Stack>
      <Text>{say('kit.intro', { name: made.name })}</Text>
      <Notice tone="wait" title={say('kit.once')}><Text>{say('kit.why')}</Text></Notice>
      {kinds.map((k) => (
        <section key={k} className="rw-card" aria-labelledby={`kit-${k}`}>
          <Stack gap="sm">
            <Title order={2} size="h4" id={`kit-${k}`}>{say(`kit.${k}`)}</Title>
            <Text>{say(`kit.${k}.for`)}</Text>
            <Group>
              <Button onClick={() => { save(`referworks-${k}-${made.id.slice(0, 10)}.txt`, fileOf(made, k)); onSaved(k); }}>{say(`kit.${k}.save`)}</Button>
              <Button variant="default" onClick={() => { setSheet({ kind: k, words: false }); onSaved(k); }}>{say('kit.print')}</Button>
            </Group>
            <Text fw={600} id={`words-${k}`}>{say(`kit.${k}.words`)}</Text>
            <ol className="rw-codes" aria-labelledby={`words-${k}`}>{wordsOf(made, k).map((w, i) => <li key={i}>{w}</li>)}</ol>
            <Text size="sm" className="rw-quiet">{say('kit.wordshint')}</Text>
            <Button className="rw-start" variant="default" onClick={() => setSheet({ kind: k, words: true })}>{say('kit.printwords')}</Button>
          </Stack>
        </section>
      ))}
      <Text>{say('kit.places')}</Text>
      {missing && todo.length > 0 && <Notice tone="bad" title={say('kit.missing')} alert><ul className="rw-plain">{todo.map((k) => <li key={k}>{say(`kit.${k}`)}</li>)}</ul></Notice>}
      <Button className="rw-start" onClick={() => { if (todo.length > 0) setMissing(true); else onNext(); }}>{say('kit.next')}</Button>
      {sheet && <Sheet made={made} part={sheet} onDone={() => setSheet(undefined)} />}
    </Stack>
  );
}

function Check({ made, onBack, onDone }: { made: Created; onBack: () => void; onDone: () => void }) {
  const say = useWords();
  const keep = useKeepKit();
  const [numbers] = useState(() => ({ root: asked(), recovery: asked() }));
  const [typed, setTyped] = useState<Record<Of, string>>({ root: '', recovery: '' });
  const [apart, setApart] = useState(false);
  const [tried, setTried] = useState(false);
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), []);
  const wrong = (k: Of) => !same(typed[k], wordsOf(made, k)[numbers[k]] ?? '');
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setTried(true);
    if (kinds.some(wrong) || !apart) return;
    keep.mutate(undefined, { onSuccess: onDone });
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Title order={2} size="h4" ref={head} tabIndex={-1}>{say('kit.check')}</Title>
        <Text>{say('kit.checkhint')}</Text>
        {keep.isError && <Trouble error={keep.error} focus />}
        {kinds.map((k) => (
          <TextInput key={k} label={say(`kit.${k}.ask`, { n: numbers[k] + 1 })} autoComplete="off" autoCapitalize="none" spellCheck={false} value={typed[k]}
            error={tried && wrong(k) ? say('kit.wrong', { n: numbers[k] + 1 }) : undefined} onChange={(e) => { const v = e.currentTarget.value; setTyped((t) => ({ ...t, [k]: v })); }} />
        ))}
        <Checkbox label={say('kit.apart')} checked={apart} error={tried && !apart ? say('kit.apartwrong') : undefined} onChange={(e) => setApart(e.currentTarget.checked)} />
        <Group><Button type="submit" loading={keep.isPending}>{say('kit.done')}</Button><Button variant="default" onClick={onBack}>{say('kit.again')}</Button></Group>
      </Stack>
    </form>
  );
}
