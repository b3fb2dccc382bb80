import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState } from 'react';
import { type Posted, usePreview, useSend } from '../../api/compose';
import { usePartners } from '../../api/partners';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';
import type { Read } from './Compose';
import { type Draft, record, type Step } from './form';
import { Sees, Stays } from './Sees';

const hold = 10; // seconds in which sending can be undone

interface CheckProps { draft: Draft; read?: Read; idempotency: string; open(step: Step): void; sent(): void; again(): void }

/** Check shows the answers, and what the partner will see by what the node would really send. */
export function Check({ draft, read, idempotency, open, sent, again }: CheckProps) {
  const say = useWords();
  const partners = usePartners();
  const document = useMemo(() => record(draft), [draft]);
  const preview = usePreview();
  const send = useSend();
  const [left, setLeft] = useState<number>();
  const { mutate: look } = preview;
  useEffect(() => look({ document, to: draft.to }), [look, document, draft.to]);
  const go = () => { setLeft(undefined); send.mutate({ document, to: draft.to, key: idempotency, read: read && { id: read.id, files: read.files } }, { onSuccess: sent }); };
  const latest = useRef(go);
  latest.current = go;
  useEffect(() => {
    if (left === undefined) return;
    const timer = window.setTimeout(() => (left <= 1 ? latest.current() : setLeft(left - 1)), 1000);
    return () => window.clearTimeout(timer);
  }, [left]);
  const names = draft.to.map((id) => partners.data?.items?.find((p) => p.id === id)?.name ?? id);
  if (send.data) return <Gone posted={send.data} again={read ? undefined : again} />;
  const going = left !== undefined || send.isPending;
  return (
    <Stack>
      <div className="rw-check">
        <Stack><Answers draft={draft} names={names} open={open} locked={going} /></Stack>
        <Stack>
          {preview.isPending && <Skeleton h={120} role="status" aria-label={say('shell.loading')} />}
          {preview.isError && <Trouble error={preview.error} again={() => look({ document, to: draft.to })} />}
          {preview.data && <Sees preview={preview.data} />}
          {preview.data && <Stays draft={draft} preview={preview.data} />}
        </Stack>
      </div>
      {preview.data?.sentence && <Notice tone="wait" title={say('compose.wouldwait')}>{preview.data.sentence}</Notice>}
      {send.isError && <Trouble error={send.error} focus />}
      {left !== undefined ? (
        <Notice tone="now" title={say('compose.leaving', { n: left })}>
          <Group mt="xs"><Button onClick={() => setLeft(undefined)}>{say('compose.undo')}</Button><Button variant="default" onClick={go}>{say('compose.now')}</Button></Group>
        </Notice>
      ) : (
        <Button size="md" className="rw-start" disabled={!preview.data} loading={send.isPending} onClick={() => setLeft(hold)}>{say('compose.send', { who: names.join(', ') })}</Button>
      )}
    </Stack>
  );
}

interface AnswersProps { draft: Draft; names: string[]; open(step: Step): void; locked: boolean }

function Answers({ draft: d, names, open, locked }: AnswersProps) {
  const say = useWords();
  const times = useTimes();
  const day = (s: string) => (s.length === 10 ? times.day(s) : s);
  const word = (words: string, code: string) => (code ? say(`${words}.${code}`) : '');
  const groups: { step: Step; lines: [keyof Draft, string][] }[] = [
    { step: 'need', lines: [['need', word('needs', d.need)], ['needText', d.needText], ['urgency', word('urgency', d.urgency)], ['deadline', d.deadline ? `${day(d.deadline)} ${word('deadline', d.deadlineKind)}` : '']] },
    { step: 'partner', lines: [['to', names.join('\n')]] },
    { step: 'person', lines: [['name', d.name], ['preferredName', d.preferredName], ['birthDate', d.birthDate], ['language', word('language', d.language)], ['interpreter', word('answer', d.interpreter)], ['address', d.address]] },
    { step: 'contact', lines: [['initiator', word('initiator', d.initiator)], ['phone', d.phone], ['phoneSafe', d.phone ? word('answer', d.phoneSafe) : ''], ['voicemail', d.phone ? word('answer', d.voicemail) : ''], ['texts', d.phone ? word('answer', d.texts) : ''], ['hours', d.hours], ['email', d.email], ['emailSafe', d.email ? word('answer', d.emailSafe) : ''], ['safety', d.safety]] },
    { step: 'story', lines: [['summary', d.summary], ['expectations', d.expectations], ['caseNumber', d.caseNumber], ['workerName', d.workerName], ['workerPhone', d.workerPhone], ['workerEmail', d.workerEmail]] },
    { step: 'consent', lines: [['consentBy', d.consentBy], ['consentAs', word('capacity', d.consentAs)], ['consentMethod', word('method', d.consentMethod)], ['consentDate', day(d.consentDate)], ['consentUntil', day(d.consentUntil)], ['results', word('answer', d.results)], ['onward', word('onward', d.onward)]] },
  ];
  return groups.map((g) => (
    <section key={g.step} className="rw-card" aria-labelledby={`check-${g.step}`}>
      <Group justify="space-between" mb="xs"><Title order={2} size="h4" id={`check-${g.step}`}>{say(`compose.${g.step}`)}</Title><Button variant="default" size="xs" disabled={locked} onClick={() => open(g.step)} aria-label={say('compose.changewhat', { what: say(`compose.${g.step}`) })}>{say('compose.change')}</Button></Group>
      <dl className="rw-facts">{g.lines.filter(([, v]) => v).map(([f, v]) => <div key={f} style={{ display: 'contents' }}><dt>{say(`field.${f}`)}</dt><dd dir="auto">{v}</dd></div>)}</dl>
    </section>
  ));
}

function Gone({ posted, again }: { posted: Posted; again?: () => void }) {
  const say = useWords();
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), []);
  return (
    <div className="rw-card"><Stack>
      <Title order={2} ref={head} tabIndex={-1}>{say(posted.waiting ? 'compose.waits' : 'compose.gone')}</Title>
      {posted.sentence && <Text>{posted.sentence}</Text>}
      <ul className="rw-feed">{(posted.referrals ?? []).map((r) => (
        <li key={r.to}>{r.id ? <Link className="rw-link" to="/sent/$id" params={{ id: r.id }}>{r.reference}</Link> : null}<span>{say('inbox.to', { who: r.name || r.to })}</span>{r.sentence && <span>{r.sentence}</span>}</li>
      ))}</ul>
      <Group>{(posted.waiting || !again) && <Link className="rw-do" to="/waiting">{say('menu.person')}</Link>}{again && <Button variant="default" onClick={again}>{say('compose.another')}</Button>}</Group>
    </Stack></div>
  );
}
