import { Button, Group, Skeleton, Stack, Text, TextInput, Title, VisuallyHidden } from '@mantine/core';
import { IconArrowBackUp, IconArrowForwardUp } from '@tabler/icons-react';
import { Link, useParams } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type Opened, useOpened, useStandard, useTrial, type Version } from '../../api/mapping';
import type { Schemas } from '../../api/client';
import { useSession } from '../../api/session';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { formId } from '../compose/formId';
import { CheckStep } from './CheckStep';
import { type Doc, isDoc } from './document';
import { Drifting } from './Drift';
import { keyOf } from './history';
import { Json } from './Json';
import { MatchStep } from './Match';
import { PublishStep } from './Publish';
import { countsOf } from './rows';
import { SampleStep } from './Sample';
import { type Editor, useEditor } from './useEditor';
import type { Saving } from './useSave';
import { ValuesStep } from './Values';
import { useStandardWords } from './words';
import './mapping.css';

/** MappingEditor is one mapping with its five steps on one page. */
export function MappingEditor() {
  const say = useWords();
  const { name } = useParams({ strict: false }) as { name: string };
  useTitle(say('fields.title', { name: name === formId ? say('connections.form') : name }));
  const session = useSession();
  const opened = useOpened(name);
  const standard = useStandard();
  const error = opened.error ?? standard.error;
  if (error) return <Stack><Title order={1}>{name}</Title><Trouble error={error} again={() => { void opened.refetch(); void standard.refetch(); }} /></Stack>;
  if (!opened.data || !standard.data || opened.isFetching) return <Skeleton h={300} role="status" aria-label={say('shell.loading')} />;
  const start = opened.data.draft?.document ?? opened.data.current?.document;
  if (start === undefined) return <Stack><Title order={1}>{name}</Title><div className="rw-card"><Text fw={600}>{say('fields.gone')}</Text><Link className="rw-link" to="/fields">{say('fields.all')}</Link></div></Stack>;
  if (!isDoc(start)) return <Stack><Title order={1}>{name}</Title><Notice tone="bad" title={say('fields.unreadable')}><Text>{say('fields.unreadable.next')}</Text></Notice></Stack>;
  return <Working key={opened.dataUpdatedAt} name={name} start={start} opened={opened.data} standard={standard.data} may={session.data?.can.includes('setup.change') ?? false} reload={() => void opened.refetch()} />;
}

const steps = ['sample', 'match', 'values', 'check', 'publish'] as const;

function Working({ name, start, opened, standard, may, reload }: { name: string; start: Doc; opened: Opened; standard: Schemas['TheStandard']; may: boolean; reload(): void }) {
  const say = useWords();
  const fields = useMemo(() => standard.fields ?? [], [standard]);
  const ed = useEditor(name, start, opened, fields, may);
  const words = useStandardWords(ed.names);
  const [current, setCurrent] = useState<Version | undefined>(opened.current);
  const [focus, setFocus] = useState<{ row: string; n: number }>();
  const trial = useTrial(name, ed.settled, may && (ed.checked.data?.ok ?? false));
  useKeys(ed);
  const open = ed.coded.reduce((n, c) => n + c.open, 0);
  const step = (s: (typeof steps)[number], body: React.ReactNode) => (
    <section className="rw-card rw-m-step" id={s} aria-labelledby={`step-${s}`} tabIndex={-1}>
      <Stack gap="sm"><Title order={2} size="h3" id={`step-${s}`}>{say(`fields.step.${s}`, { n: steps.indexOf(s) + 1 })}</Title>{body}</Stack>
    </section>
  );
  return (
    <Stack>
      <Head ed={ed} current={current} />
      {!may && <Notice tone="now" title={say('fields.readonly')} />}
      <nav className="rw-views rw-m-steps" aria-label={say('fields.steps')}>
        {steps.map((s, i) => <a key={s} href={`#${s}`} className="rw-view" onClick={(e) => { e.preventDefault(); const at = document.getElementById(s); at?.scrollIntoView(); at?.focus({ preventScroll: true }); }}>{say(`fields.step.${s}`, { n: i + 1 })}{s === 'values' && open > 0 ? ` (${open})` : ''}</a>)}
      </nav>
      <Counter ed={ed} />
      <Summary ed={ed} onGo={(row) => setFocus((f) => ({ row, n: (f?.n ?? 0) + 1 }))} />
      <Drifting ed={ed} />
      {step('sample', <SampleStep ed={ed} published={current !== undefined} />)}
      {step('match', ed.rows.length > 0 ? <MatchStep ed={ed} places={standard.places ?? []} focus={focus} /> : <Text>{say('fields.match.empty')}</Text>)}
      {step('values', <ValuesStep ed={ed} place={words.place} />)}
      {step('check', <CheckStep ed={ed} trial={trial.data} place={words.place} />)}
      {step('publish', <PublishStep ed={ed} trial={trial} current={current} onPublished={setCurrent} onReload={reload} />)}
      <Json ed={ed} />
      <VisuallyHidden role="status" aria-live="polite">{ed.said}</VisuallyHidden>
    </Stack>
  );
}

/** useKeys undoes and redoes by keyboard; in a box of text the browser's own undo stays. */
function useKeys(ed: Editor) {
  const say = useWords();
  const latest = useRef(ed);
  latest.current = ed;
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      const what = keyOf(e);
      const at = e.target as HTMLElement;
      if (!what || !latest.current.may || at.tagName === 'TEXTAREA' || (at instanceof HTMLInputElement && ['text', 'search'].includes(at.type) && at.value !== at.defaultValue && !at.closest('.rw-m-row'))) return;
      e.preventDefault();
      if (what === 'undo' ? !latest.current.canUndo : !latest.current.canRedo) return;
      if (what === 'undo') latest.current.back(); else latest.current.again();
      latest.current.say(say(what === 'undo' ? 'fields.said.undone' : 'fields.said.redone'));
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [say]);
}

function Head({ ed, current }: { ed: Editor; current: Version | undefined }) {
  const say = useWords();
  return (
    <Stack gap="xs">
      <Link className="rw-link" to="/fields">{say('fields.all')}</Link>
      <Group justify="space-between" align="flex-end">
        <Stack gap={4}>
          <Title order={1}>{ed.name === formId ? say('connections.form') : ed.doc.name || ed.name}</Title>
          <Group gap="xs"><span className="rw-tag" data-tone={current ? 'good' : 'over'}>{current ? say('fields.version', { n: current.n }) : say('fields.unpublished')}</span><Saved saving={ed.saving} /></Group>
        </Stack>
        {ed.may && (
          <Group gap="xs">
            <Button variant="default" leftSection={<IconArrowBackUp size={18} aria-hidden />} disabled={!ed.canUndo} onClick={() => { ed.back(); ed.say(say('fields.said.undone')); }}>{say('fields.undo')}</Button>
            <Button variant="default" leftSection={<IconArrowForwardUp size={18} aria-hidden />} disabled={!ed.canRedo} onClick={() => { ed.again(); ed.say(say('fields.said.redone')); }}>{say('fields.redo')}</Button>
          </Group>
        )}
      </Group>
      {ed.saving.state === 'trouble' && <Trouble error={ed.saving.error} again={() => void ed.save().catch(() => undefined)} />}
      {ed.may && <details><summary>{say('fields.rename')}</summary><TextInput label={say('fields.new.name')} value={ed.doc.name} maxLength={100} maw={420} onChange={(e) => { const n = e.currentTarget.value; ed.change((d) => ({ ...d, name: n })); }} /></details>}
    </Stack>
  );
}

function Saved({ saving }: { saving: Saving }) {
  const say = useWords();
  const times = useTimes();
  const words = saving.state === 'saved' && saving.at ? say('fields.saved', { when: times.hour(saving.at) }) : saving.state === 'saving' || saving.state === 'dirty' ? say('fields.saving') : saving.state === 'trouble' ? say('fields.unsaved') : say('fields.nodraft');
  return <Text size="sm" className="rw-quiet">{words}</Text>;
}

function Counter({ ed }: { ed: Editor }) {
  const say = useWords();
  const n = countsOf(ed.rows);
  if (n.fields === 0) return null;
  return <Text fw={600} aria-live="polite">{say('fields.count', { ...n })}</Text>;
}

/** Summary names every mistake and leads to its row. */
function Summary({ ed, onGo }: { ed: Editor; onGo(rule: string): void }) {
  const say = useWords();
  if (ed.mistakes.length === 0) return null;
  return (
    <Notice tone="bad" title={say('fields.mistakes', { n: ed.mistakes.length })}>
      <ul className="rw-plain">
        {ed.mistakes.map((m) => {
          const rule = m.rule || (m.index === undefined ? undefined : ed.doc.rules[m.index]?.id);
          return <li key={m.sentence}>{rule ? <a className="rw-link" href="#match" onClick={(e) => { e.preventDefault(); onGo(rule); }}>{m.sentence}</a> : m.sentence}</li>;
        })}
      </ul>
    </Notice>
  );
}
