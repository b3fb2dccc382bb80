import { Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link, Navigate } from '@tanstack/react-router';
import { useMemo } from 'react';
import { type Row, useCounts, useReferrals } from '../../api/referrals';
import { useSession } from '../../api/session';
import { useTasks } from '../../api/tasks';
import { useWaitingDocuments } from '../../api/waiting';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Tag } from '../../shell/Tag';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { progress } from '../tasks/list';

const shown = 8; // of what happened last

/** Home says what waits for this person, and what happened last. */
export function Home() {
  const session = useSession();
  if (session.data && !session.data.can.includes('referrals.read')) return session.data.can.includes('node') ? <Navigate to="/hosting" replace /> : <Nobody />;
  return <Desk />;
}

/** Nobody is for who signs in and belongs nowhere yet. */
function Nobody() {
  const say = useWords();
  useTitle(say('menu.home'));
  return <Stack><Title order={1}>{say('menu.home')}</Title><div className="rw-card"><Text>{say('home.nobody')}</Text></div></Stack>;
}

function Desk() {
  const say = useWords();
  const session = useSession();
  const came = useReferrals('in');
  const sent = useReferrals('out');
  const counts = useCounts();
  const documents = useWaitingDocuments();
  useTitle(say('menu.home'));
  const rows = useMemo(() => [...(came.data?.pages ?? []), ...(sent.data?.pages ?? [])].flatMap((p) => p.items ?? []), [came.data, sent.data]);
  const recent = useMemo(() => [...rows].sort((a, b) => b.statusSince - a.statusSince).slice(0, shown), [rows]);
  const hour = new Date().getHours();
  const greeting = hour < 12 ? 'home.morning' : hour < 18 ? 'home.afternoon' : 'home.evening';
  const setup = session.data?.can.includes('setup.read') ?? false;
  const trouble = counts.error ?? came.error ?? sent.error;
  const n = counts.data;
  const cards = [
    { n: n?.in.waiting ?? 0, words: 'home.waiting', to: '/inbox', search: { view: 'waiting' } },
    { n: n?.in.overdue ?? 0, words: 'home.overdue', to: '/inbox', search: { view: 'overdue' }, bad: true },
    { n: n?.in.mine ?? 0, words: 'home.mine', to: '/inbox', search: { view: 'mine' } },
    { n: n?.out.waiting ?? 0, words: 'home.questions', to: '/sent', search: { view: 'waiting' } },
    { n: n?.out.stuck ?? 0, words: 'home.delivery', to: '/delivery', search: {}, bad: true },
    { n: documents.data?.items?.length ?? 0, words: 'home.person', to: '/waiting', search: {} },
  ];
  return (
    <Stack>
      <Title order={1}>{say(greeting, { name: session.data?.user?.name ?? '' })}</Title>
      {trouble && <Trouble error={trouble} again={() => { void counts.refetch(); void came.refetch(); void sent.refetch(); }} />}
      {counts.isPending ? <Skeleton h={100} aria-label={say('shell.loading')} role="status" /> : (
        <ul className="rw-cards">
          {cards.map((c) => (
            <li key={c.words}><Link to={c.to} search={c.search as never} className="rw-count" data-bad={(c.bad && c.n > 0) || undefined}><b>{c.n}{n?.more && c.n > 0 && c.to !== '/waiting' ? '+' : ''}</b><span>{say(c.words, { n: c.n })}</span></Link></li>
          ))}
        </ul>
      )}
      {setup && <Progress />}
      {session.data?.can.includes('referrals.work') && <Link to="/send" className="rw-do">{say('home.send')}</Link>}
      {!came.isPending && !sent.isPending && (
        <section className="rw-card" aria-labelledby="recent">
          <Stack gap="xs">
            <Title order={2} size="h4" id="recent">{say('home.recent')}</Title>
            {recent.length === 0 ? <Text>{say('home.none')}</Text> : <ul className="rw-feed">{recent.map((r) => <Recent key={r.id} row={r} />)}</ul>}
          </Stack>
        </section>
      )}
    </Stack>
  );
}

/** Progress is how far the set-up is, until all of it is done. */
function Progress() {
  const say = useWords();
  const session = useSession();
  const list = useTasks(true);
  if (!list.data) return null;
  const { done, of, next } = progress(list.data, session.data?.can ?? []);
  if (done === of) return null;
  return (
    <section className="rw-card" aria-label={say('menu.start')}>
      <Stack gap={4}>
        <Text fw={600}>{say('tasks.count', { done, of })}</Text>
        {next && <Text><Link className="rw-link" to={next.to}>{say('tasks.continue', { what: say(`tasks.${next.id}`) })}</Link></Text>}
        <Text><Link className="rw-link" to="/start">{say('tasks.all')}</Link></Text>
      </Stack>
    </section>
  );
}

function Recent({ row: r }: { row: Row }) {
  const say = useWords();
  const times = useTimes();
  const incoming = r.direction === 'in';
  return (
    <li>
      <span className="rw-quiet">{times.ago(r.statusSince)}</span>
      <Link className="rw-link" to={incoming ? '/inbox/$id' : '/sent/$id'} params={{ id: r.id }}>{r.reference}</Link>
      <span>{r.initials && <b>{r.initials} </b>}{say(incoming ? 'inbox.from' : 'inbox.to', { who: r.partnerName || say('inbox.someone') })}</span>
      <Tag status={r.status} />
    </li>
  );
}
