import { Button, FileInput, PasswordInput, Skeleton, Stack, Text, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { type Created, fileOf, useCheckKit, useHouseFile, useKit, useRecover, useSignCharter } from '../../api/setup';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Faults, faultAt } from '../../shell/Faults';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';
import { Kit } from '../begin/Kit';
import { save } from '../begin/keep';

const files = ['root', 'recovery'] as const;

/** Recovery is what an owner does with the recovery files: see that they open, renew, make a new pair. */
export function Recovery({ name }: { name: string }) {
  const say = useWords();
  const times = useTimes();
  const kit = useKit();
  const house = useHouseFile();
  const check = useCheckKit();
  const renew = useSignCharter();
  const recover = useRecover();
  const [made, setMade] = useState<Created>();
  if (made) return <div className="rw-card"><Kit made={made} onDone={() => setMade(undefined)} /></div>;
  const known = (f: string) => kit.data?.items?.find((m) => m.file === f);
  return (
    <Stack>
      <Text>{say('recovery.intro', { name })}</Text>
      {kit.isError && <Trouble error={kit.error} again={() => void kit.refetch()} />}
      {kit.isPending && <Skeleton h={80} role="status" aria-label={say('shell.loading')} />}
      {kit.data && (
        <div className="rw-card"><dl className="rw-facts">
          {files.map((f) => {
            const m = known(f);
            return [<dt key={f}>{say(`kit.${f}`)}</dt>, <dd key={`${f}.is`}>{m ? say(m.checked ? 'recovery.checked' : 'recovery.said', { when: times.day(m.at) }) : say('recovery.unknown')}</dd>];
          })}
        </dl></div>
      )}
      <WithFile id="check" act={check} button="recovery.check" done={check.data ? say(check.data.file === 'root' ? 'recovery.rootopens' : 'recovery.recoveryopens') : undefined} />
      <section className="rw-card" aria-labelledby="house">
        <Stack gap="sm">
          <Title order={2} size="h4" id="house">{say('recovery.house')}</Title>
          <Text>{say('recovery.house.why')}</Text>
          {house.isError && <Trouble error={house.error} focus />}
          <Button className="rw-start" variant="default" loading={house.isPending} onClick={() => house.mutate(undefined, { onSuccess: (h) => save('referworks-house.txt', new TextDecoder().decode(Uint8Array.from(atob(h.file), (c) => c.charCodeAt(0)))) })}>{say('recovery.housesave')}</Button>
        </Stack>
      </section>
      <WithFile id="renew" act={renew} button="recovery.renewgo" done={renew.isSuccess ? say('recovery.renewed') : undefined} />
      <WithFile id="fresh" act={recover} button="recovery.freshgo" onDone={(c) => setMade(c as Created)} />
    </Stack>
  );
}

interface Act { mutate: (v: { file: string; passphrase: string }, o?: { onSuccess?: (r: unknown) => void }) => void; isPending: boolean; error: unknown }

/** WithFile does something for which a recovery file and its words are needed. Both are in memory for that long. */
function WithFile({ id, act, button, done, onDone }: { id: string; act: unknown; button: string; done?: string; onDone?: (r: unknown) => void }) {
  const say = useWords();
  const a = act as Act;
  const [file, setFile] = useState<File | null>(null);
  const [words, setWords] = useState('');
  const [missing, setMissing] = useState(false);
  const submit = async (e: FormEvent) => {
    e.preventDefault();
    setMissing(!file);
    if (!file) return;
    a.mutate({ file: fileOf(await file.text()), passphrase: words }, { onSuccess: (r) => { setFile(null); setWords(''); onDone?.(r); } });
  };
  return (
    <form className="rw-card" onSubmit={(e) => void submit(e)} aria-label={say(`recovery.${id}`)}>
      <Stack gap="sm">
        <Title order={2} size="h4">{say(`recovery.${id}`)}</Title>
        <Text>{say(`recovery.${id}.why`)}</Text>
        {a.error !== null && a.error !== undefined && <Faults error={a.error} />}
        {done && <Notice tone="good" title={done} alert />}
        <FileInput label={say('recovery.file')} placeholder={say('recovery.choose')} accept=".txt,text/plain" value={file} onChange={setFile} clearable error={missing && !file ? say('recovery.nofile') : faultAt(a.error, 'file')} />
        <PasswordInput label={say('recovery.words')} description={say('recovery.wordshint')} autoComplete="off" value={words} error={faultAt(a.error, 'passphrase')} onChange={(e) => setWords(e.currentTarget.value)} visibilityToggleButtonProps={{ 'aria-label': say('signin.show'), tabIndex: 0 }} />
        <Button className="rw-start" type="submit" variant="default" loading={a.isPending}>{say(button)}</Button>
      </Stack>
    </form>
  );
}
