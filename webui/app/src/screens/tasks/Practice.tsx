import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useForm, useSend, useSwitchOn } from '../../api/compose';
import { usePartners, usePractice, useStartPractice } from '../../api/partners';
import { useReferral } from '../../api/referrals';
import { useSession } from '../../api/session';
import { useWords } from '../../i18n/language';
import { Notice } from '../../shell/Notice';
import { Tag } from '../../shell/Tag';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { blank, record } from '../compose/form';

const answers = ['accepts', 'declines', 'asks'] as const;
type Answer = (typeof answers)[number];
const names: Record<Answer, string> = { accepts: 'Alma Accept', declines: 'Dora Decline', asks: 'Quinn Question' };
const watched = 1500; // milliseconds between two looks while it answers

/** invented is a referral about a person who does not exist. */
function invented(answer: Answer, worker: { name?: string; email?: string }) {
  const now = new Date();
  return record({
    ...blank(now, worker), need: 'lsc-63', needText: 'A practice referral', urgency: 'soon', name: names[answer], phone: '617-555-0142', phoneSafe: 'yes', initiator: 'recipient-contacts',
    summary: 'An invented person, to see how a referral travels.', consentBy: names[answer], consentMethod: 'verbal', results: 'yes', workerEmail: worker.email || 'practice@example.org',
  });
}

/** Practice sends a referral about an invented person to the practice partner and shows the answer as it comes. */
export function Practice() {
  const say = useWords();
  useTitle(say('tasks.practice'));
  const session = useSession();
  const practice = usePractice();
  const form = useForm(session.data?.can.includes('setup.read') ?? false);
  const may = session.data?.can.includes('setup.change') ?? false;
  if (practice.isPending || form.isPending) return <Skeleton h={240} role="status" aria-label={say('shell.loading')} />;
  const trouble = practice.error ?? form.error;
  return (
    <Stack maw={760}>
      <Link className="rw-link" to="/start">{say('tasks.back')}</Link>
      <Title order={1}>{say('tasks.practice')}</Title>
      <Text>{say('practice.intro')}</Text>
      {trouble && <Trouble error={trouble} again={() => { void practice.refetch(); void form.refetch(); }} />}
      {practice.data && form.data && (practice.data.ready && form.data.ready ? <Try partner={practice.data.partner ?? ''} worker={{ name: session.data?.user?.name, email: session.data?.user?.email }} /> : <Ready may={may} form={form.data.ready} />)}
    </Stack>
  );
}

function Ready({ may, form }: { may: boolean; form: boolean }) {
  const say = useWords();
  const start = useStartPractice();
  const on = useSwitchOn();
  const both = useMutation({ mutationFn: async () => { if (!form) await on.mutateAsync(); await start.mutateAsync(undefined); } });
  if (!may) return <Notice tone="wait" title={say('tasks.ask')} />;
  return (
    <Stack>
      <Text>{say(form ? 'practice.invite' : 'practice.inviteform')}</Text>
      {both.isError && <Trouble error={both.error} focus />}
      <Button className="rw-start" loading={both.isPending} onClick={() => both.mutate()}>{say('practice.start')}</Button>
    </Stack>
  );
}

function Try({ partner, worker }: { partner: string; worker: { name?: string; email?: string } }) {
  const say = useWords();
  const partners = usePartners();
  const send = useSend();
  const ready = partners.data?.items?.find((p) => p.id === partner)?.weSend === 'yes';
  const { refetch } = partners;
  useEffect(() => {
    if (ready) return;
    const timer = setInterval(() => void refetch(), watched);
    return () => clearInterval(timer);
  }, [ready, refetch]);
  const go = (a: Answer) => send.mutate({ document: invented(a, worker), to: [partner], key: crypto.randomUUID() });
  const id = send.data?.referrals?.[0]?.id;
  return (
    <Stack>
      {!ready && <Text role="status">{say('practice.soon')}</Text>}
      {send.isError && <Trouble error={send.error} focus />}
      {send.data?.sentence && <Notice tone="wait" title={say('practice.waits')} alert><Text>{send.data.sentence}</Text></Notice>}
      {id && <Watch key={id} id={id} />}
      {ready && (
        <section className="rw-card" aria-labelledby="send">
          <Stack gap="sm">
            <Title order={2} size="h4" id="send">{say(id ? 'practice.another' : 'practice.choose')}</Title>
            <Group>{answers.map((a) => <Button key={a} className="rw-start" variant={a === 'accepts' && !id ? 'filled' : 'default'} loading={send.isPending} onClick={() => go(a)}>{say(`practice.${a}`)}</Button>)}</Group>
            <Text size="sm" className="rw-quiet">{say('practice.hint')}</Text>
          </Stack>
        </section>
      )}
    </Stack>
  );
}

/** Watch shows how one travels: stored here, received there, answered. */
function Watch({ id }: { id: string }) {
  const say = useWords();
  const row = useReferral(id);
  const { refetch } = row;
  useEffect(() => {
    const timer = setInterval(() => void refetch(), watched);
    return () => clearInterval(timer);
  }, [refetch]);
  if (row.isError) return <Trouble error={row.error} again={() => void row.refetch()} />;
  if (!row.data) return <Skeleton h={120} role="status" aria-label={say('shell.loading')} />;
  const arrived = ['received', 'delivered', 'delivered-blind', 'read'].includes(row.data.state);
  const moved = row.data.status !== 'new';
  return (
    <section className="rw-card" aria-labelledby="watch" aria-live="polite">
      <Stack gap="sm">
        <Title order={2} size="h4" id="watch">{say('practice.watch', { reference: row.data.reference })}</Title>
        <ol className="rw-plain">
          <li>{say('practice.stored')}</li>
          <li>{say(arrived ? 'practice.arrived' : 'practice.travels')}</li>
          <li>{moved ? <>{say('practice.answered')} <Tag status={row.data.status} /></> : say('practice.thinks')}</li>
        </ol>
        <Group><Link className="rw-link" to="/sent/$id" params={{ id }}>{say('practice.open')}</Link><Link className="rw-link" to="/start">{say('tasks.back')}</Link></Group>
      </Stack>
    </section>
  );
}
