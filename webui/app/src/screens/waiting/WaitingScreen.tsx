import { Button, Checkbox, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { usePartners } from '../../api/partners';
import { useConnections } from '../../api/setup';
import { useGiveUp, useResend, useWaitingDocuments, type Waiting } from '../../api/waiting';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { formId } from '../compose/formId';

/** WaitingScreen lists what no machine may decide: each with its reason and what can be done. */
export function WaitingScreen() {
  const say = useWords();
  useTitle(say('menu.person'));
  const list = useWaitingDocuments();
  const items = list.data?.items ?? [];
  return (
    <Stack>
      <Title order={1}>{say('menu.person')}</Title>
      <Text>{say('waiting.intro')}</Text>
      {list.isError && <Trouble error={list.error} again={() => void list.refetch()} />}
      {list.isPending && <Skeleton h={120} role="status" aria-label={say('shell.loading')} />}
      {list.isSuccess && items.length === 0 && <div className="rw-card"><Stack gap="xs"><Text fw={600}>{say('waiting.none')}</Text><Text>{say('waiting.none.next')}</Text><Link className="rw-link" to="/inbox">{say('waiting.inbox')}</Link></Stack></div>}
      {items.map((w) => <One key={w.id} w={w} />)}
    </Stack>
  );
}

/** reasons are the sentences of why something waits, each by itself. */
export function reasons(sentence: string): string[] {
  return sentence.replace(/^(the record waits for a person|el registro espera a una persona): /i, '').split(/(?<=[.!?])\s+(?=\p{Lu})/u).map((s) => s.charAt(0).toUpperCase() + s.slice(1)).filter(Boolean);
}

function One({ w }: { w: Waiting }) {
  const say = useWords();
  const times = useTimes();
  const partners = usePartners();
  const resend = useResend();
  const give = useGiveUp();
  const [to, setTo] = useState<string[]>(w.to ?? []);
  const [sure, setSure] = useState(false);
  const connections = useConnections();
  const name = w.connection === formId ? say('waiting.form') : (connections.data?.items?.find((c) => c.id === w.connection)?.name ?? (w.connection || '-'));
  const outgoing = w.direction !== 'out' && !w.referral; // a document of ours that has not become a referral
  const can = (partners.data?.items ?? []).filter((p) => p.weSend === 'yes');
  return (
    <section className="rw-card" aria-labelledby={`waits-${w.id}`}>
      <Stack gap="sm">
        <Title order={2} size="h4" id={`waits-${w.id}`}>{say(w.referral ? 'waiting.delivery' : 'waiting.document', { name })}</Title>
        <Text className="rw-quiet">{say('waiting.since', { when: times.moment(w.since) })}</Text>
        <ul className="rw-plain">{reasons(w.sentence).map((r) => <li key={r}>{r}</li>)}</ul>
        {w.referral && <Link className="rw-link" to="/inbox/$id" params={{ id: w.referral }}>{say('waiting.look')}</Link>}
        {w.shows && <Link className="rw-do" to="/waiting/$id" params={{ id: w.id }}>{say('waiting.read')}</Link>}
        {outgoing && !w.shows && <a className="rw-link" href={`/v1/waiting/${w.id}/original`} download>{say('waiting.original')}</a>}
        {outgoing && !w.unread && can.length > 0 && (
          <Checkbox.Group label={say('waiting.to')} value={to} onChange={setTo}>
            <Stack gap="xs" mt="xs">{can.map((p) => <Checkbox key={p.id} value={p.id} label={p.name} />)}</Stack>
          </Checkbox.Group>
        )}
        {resend.isError && <Trouble error={resend.error} focus />}
        {give.isError && <Trouble error={give.error} focus />}
        {resend.data?.waiting && <Notice tone="wait" title={say('waiting.still')} alert>{resend.data.sentence}</Notice>}
        {sure ? (
          <Notice tone="bad" title={say('waiting.sure')}>
            <Text mb="sm">{say('waiting.suretext')}</Text>
            <Group><Button color="red.9" loading={give.isPending} onClick={() => give.mutate(w.id)}>{say('waiting.giveup')}</Button><Button variant="default" onClick={() => setSure(false)}>{say('waiting.keep')}</Button></Group>
          </Notice>
        ) : (
          <Group>
            {!w.unread && <Button loading={resend.isPending} onClick={() => resend.mutate({ id: w.id, to: outgoing ? to : [] })}>{say(w.referral ? 'trouble.again' : 'waiting.again')}</Button>}
            <Button variant="default" onClick={() => setSure(true)}>{say('waiting.giveup')}</Button>
          </Group>
        )}
      </Stack>
    </section>
  );
}
