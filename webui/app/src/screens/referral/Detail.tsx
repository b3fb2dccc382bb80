import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link, useLocation, useParams } from '@tanstack/react-router';
import { Problem } from '../../api/client';
import { useReferral, useContent, useThread } from '../../api/referrals';
import { useSession } from '../../api/session';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Notice } from '../../shell/Notice';
import { Tag } from '../../shell/Tag';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { About, Safety } from './About';
import { Acts } from './Acts';
import { leaf, list, tree } from './content';
import { Documents } from './Documents';
import { Desk } from './Desk';
import { useLeaf } from './Facts';
import { Standing, Timeline } from './Timeline';

/** Detail is one referral: what it says at the left, what was done and can be done at the right. */
export function Detail() {
  const { id = '' } = useParams({ strict: false });
  const say = useWords();
  const times = useTimes();
  const of = useLeaf();
  const sent = useLocation().pathname.startsWith('/sent');
  const session = useSession();
  const row = useReferral(id);
  const thread = useThread(id);
  const content = useContent(id, thread.data?.version, row.data?.erased ?? false);
  useTitle(row.data?.reference ?? say('referral.title'));
  const trouble = row.error ?? thread.error;
  const back = <Link className="rw-link rw-noprint" to={sent ? '/sent' : '/inbox'}>{say(sent ? 'referral.backsent' : 'referral.backinbox')}</Link>;
  if (trouble instanceof Problem && trouble.status === 404) return <Stack>{back}<Title order={1}>{say('referral.title')}</Title><div className="rw-card"><Text>{say('trouble.notfound')}</Text></div></Stack>;
  if (trouble) return <Stack>{back}<Title order={1}>{say('referral.title')}</Title><Trouble error={trouble} again={() => { void row.refetch(); void thread.refetch(); }} /></Stack>;
  if (!row.data || !thread.data) return <Stack aria-busy="true" role="status" aria-label={say('shell.loading')}><Skeleton h={40} w="50%" /><Skeleton h={240} /></Stack>;
  const r = row.data;
  const t = thread.data;
  const needs = list(tree(content.data).needs).map((n, i) => ({ id: String(n.id ?? ''), words: of(leaf(n.text)) || say('need.number', { n: i + 1 }) }));
  const mine = t.turn === t.side;
  const may = session.data?.can.includes('referrals.work') ?? false;
  return (
    <Stack>
      {back}
      <Group justify="space-between" align="flex-start">
        <div>
          <Group gap="sm"><Title order={1} className="rw-ref">{r.reference}</Title><Tag status={t.status} />{r.practice && <Text>{say('inbox.practice')}</Text>}</Group>
          <Text className="rw-quiet" mt={4}>{say(sent ? 'inbox.to' : 'inbox.from', { who: r.partnerName || say('inbox.someone') })} · {say('referral.since', { when: times.moment(t.since) })}</Text>
        </div>
        <Button className="rw-noprint" variant="default" onClick={() => window.print()}>{say('referral.print')}</Button>
      </Group>
      {t.turn && t.replyBy !== undefined && (
        <Notice tone={t.late ? 'bad' : 'now'} title={say(mine ? 'referral.yours' : 'referral.theirs')}>
          {say(t.late ? 'referral.was' : 'referral.by', { when: times.moment(t.replyBy) })}
          {t.late && !mine && t.phone ? ` ${say('referral.phone', { phone: t.phone })}` : ''}
        </Notice>
      )}
      {t.recallAsked && <Notice tone="wait" title={say('referral.recallasked')} />}
      {r.lookAlike && <Notice tone="wait" title={say('referral.alike')}><Link className="rw-link" to={sent ? '/sent/$id' : '/inbox/$id'} params={{ id: r.lookAlike }}>{say('referral.alikelink')}</Link></Notice>}
      {content.data !== undefined && <Safety referral={content.data} />}
      <div className="rw-two">
        <Stack>
          {may && <Acts id={id} thread={t} needs={needs} />}
          <Standing row={r} thread={t} />
          <Timeline thread={t} />
          <Desk row={r} />
        </Stack>
        <div>
          {r.erased && <div className="rw-card"><Text>{say('referral.erased')}</Text></div>}
          {content.isError && <Trouble error={content.error} again={() => void content.refetch()} />}
          {content.isLoading && <Skeleton h={320} aria-label={say('shell.loading')} />}
          {content.data !== undefined && <About referral={content.data}><Documents id={id} left={!sent && Boolean(r.ourReport?.files)} /></About>}
        </div>
      </div>
    </Stack>
  );
}
