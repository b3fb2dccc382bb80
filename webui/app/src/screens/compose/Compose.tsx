import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useForm, useSwitchOn } from '../../api/compose';
import { useSession } from '../../api/session';
import { useWords } from '../../i18n/language';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { Check } from './Check';
import { blank, type Draft, type Flaw, flaws, type Step, steps } from './form';
import { Fields } from './Fields';

/** Compose writes a referral in short steps. What is typed stays in this tab: no copy of it lies on a shared computer. */
export function Compose() {
  const say = useWords();
  useTitle(say('menu.send'));
  return <Writing order={1} />;
}

/** Read is a document that waits and that a person read: what could be read of it fills the form, and it waits no more when that is sent. */
export interface Read { id: string; files: number[]; fill: Partial<Draft> }

/** Writing is the form, with headings from an order on; on a page of its own, or beside what it is filled from. */
export function Writing({ order, read }: { order: 1 | 2; read?: Read }) {
  const say = useWords();
  const session = useSession();
  const form = useForm(session.data?.can.includes('setup.read') ?? false);
  if (form.isPending) return <Skeleton h={200} role="status" aria-label={say('shell.loading')} />;
  if (form.isError) return <Stack><Title order={order}>{say('menu.send')}</Title><Trouble error={form.error} again={() => void form.refetch()} /></Stack>;
  if (!form.data.ready) return <SwitchOn others={form.data.others} order={order} />;
  return <Steps order={order} read={read} />;
}

function SwitchOn({ others, order }: { others: number; order: 1 | 2 }) {
  const say = useWords();
  const session = useSession();
  const on = useSwitchOn();
  const may = session.data?.can.includes('setup.change') ?? false;
  return (
    <Stack>
      <Title order={order}>{say('menu.send')}</Title>
      <div className="rw-card"><Stack align="flex-start">
        <Text fw={600}>{say('compose.off')}</Text>
        <Text>{say(may ? 'compose.offadmin' : 'compose.offask')}</Text>
        {may && others > 0 && <Text>{say('compose.offothers')}</Text>}
        {on.isError && <Trouble error={on.error} focus />}
        {may && <Button loading={on.isPending} onClick={() => on.mutate()}>{say('compose.switchon')}</Button>}
      </Stack></div>
    </Stack>
  );
}

function Steps({ order, read }: { order: 1 | 2; read?: Read }) {
  const say = useWords();
  const session = useSession();
  const { to } = useSearch({ strict: false }) as { to?: string }; // from Find a service
  const fresh = () => ({ ...blank(new Date(), { name: session.data?.user?.name, email: session.data?.user?.email }), ...read?.fill, to: to ? [to] : [] });
  const [draft, setDraft] = useState<Draft>(fresh);
  const [key, setKey] = useState(() => crypto.randomUUID());
  const [at, setAt] = useState(0);
  const [wrong, setWrong] = useState<Flaw[]>([]);
  const [dirty, setDirty] = useState(false);
  const [back, setBack] = useState(false); // a step was opened from the last one, and leads back to it
  const head = useRef<HTMLHeadingElement>(null);
  const moved = useRef(false);
  const step: Step = steps[at] ?? 'need';
  useEffect(() => { if (moved.current) head.current?.focus(); moved.current = true; }, [at]);
  useEffect(() => {
    if (!dirty) return;
    const warn = (e: BeforeUnloadEvent) => e.preventDefault();
    window.addEventListener('beforeunload', warn);
    return () => window.removeEventListener('beforeunload', warn);
  }, [dirty]);
  const change = (part: Partial<Draft>) => { setDirty(true); setDraft((d) => ({ ...d, ...part })); setKey(crypto.randomUUID()); };
  const next = () => {
    const found = flaws(step, draft, new Date());
    setWrong(found);
    if (found.length === 0) { setAt(back ? steps.length - 1 : at + 1); setBack(false); }
  };
  const open = (s: Step) => { setWrong([]); setBack(true); setAt(steps.indexOf(s)); };
  return (
    <Stack maw={step === 'check' ? 1000 : 640}>
      <div>
        <Text className="rw-quiet">{say('compose.step', { n: at + 1, of: steps.length })}</Text>
        <Title order={order} ref={head} tabIndex={-1}>{say(`compose.${step}`)}</Title>
        <Text className="rw-quiet">{say(`compose.${step}.why`)}</Text>
      </div>
      {wrong.length > 0 && <Flaws flaws={wrong} />}
      {step === 'check' ? (
        <Check draft={draft} read={read} idempotency={key} open={open} sent={() => setDirty(false)} again={() => { setDraft(fresh()); setKey(crypto.randomUUID()); setAt(0); }} />
      ) : (
        <form noValidate onSubmit={(e) => { e.preventDefault(); next(); }}>
          <Stack>
            <Fields step={step} draft={draft} change={change} wrong={wrong} />
            <Group>
              <Button type="submit">{say(back ? 'compose.backtocheck' : 'compose.next')}</Button>
              {at > 0 && !back && <Button variant="default" onClick={() => { setWrong([]); setAt(at - 1); }}>{say('compose.previous')}</Button>}
            </Group>
          </Stack>
        </form>
      )}
    </Stack>
  );
}

function Flaws({ flaws: list }: { flaws: Flaw[] }) {
  const say = useWords();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), [list]);
  return (
    <Notice tone="bad" title={say('compose.flaws')} alert box={box}>
      <ul>{list.map((f) => <li key={f.field}><a className="rw-link" href={`#${f.field}`} onClick={(e) => { e.preventDefault(); document.getElementById(f.field)?.focus(); }}>{say(f.words)}</a></li>)}</ul>
    </Notice>
  );
}
