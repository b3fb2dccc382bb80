import { Stack, Text, Title } from '@mantine/core';
import { useIntl } from 'react-intl';
import type { Conversation, Row } from '../../api/referrals';
import type { Schemas } from '../../api/client';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { useStatus } from '../../shell/Tag';

const service = new Set(['scheduled', 'no-show', 'in-service', 'closed']);

/** Standing shows the three things apart that one word would mix up: did it arrive, what was decided, is the person helped. */
export function Standing({ row, thread }: { row: Row; thread: Conversation }) {
  const say = useWords();
  const times = useTimes();
  const status = useStatus();
  const { messages } = useIntl();
  const decided = !['new', 'in-review'].includes(thread.status);
  const inService = service.has(thread.status);
  const decision = inService ? status('accepted') : status(thread.status);
  const transport = row.direction === 'in' ? say('standing.here', { when: times.moment(row.since) }) : messages[`transport.${row.state}`] ? say(`transport.${row.state}`) : row.words;
  return (
    <section className="rw-card" aria-label={say('standing.title')}>
      <Stack gap="sm">
        <Title order={2} size="h4">{say('standing.title')}</Title>
        <dl className="rw-facts">
          <dt>{say('standing.transport')}</dt><dd>{transport}{row.reason ? `\n${row.reason}` : ''}</dd>
          <dt>{say('standing.decision')}</dt><dd>{decided ? decision : say('standing.undecided', { status: status(thread.status) })}</dd>
          <dt>{say('standing.service')}</dt><dd>{inService ? `${status(thread.status)}\n${say('standing.since', { when: times.moment(thread.since) })}` : say('standing.none')}</dd>
          {row.theirReference && <><dt>{say(row.direction === 'in' ? 'standing.ours' : 'standing.theirs')}</dt><dd>{row.theirReference}</dd></>}
          {thread.purge && <><dt>{say('standing.purge')}</dt><dd>{say(`purge.${thread.purge}`)}</dd></>}
        </dl>
      </Stack>
    </section>
  );
}

/** Timeline is what was said, newest last, each with how far it got. */
export function Timeline({ thread }: { thread: Conversation }) {
  const say = useWords();
  return (
    <section className="rw-card" aria-label={say('timeline.title')}>
      <Stack gap="sm">
        <Title order={2} size="h4">{say('timeline.title')}</Title>
        <ol className="rw-timeline">{(thread.messages ?? []).map((m, i) => <Message key={i} m={m} thread={thread} />)}</ol>
      </Stack>
    </section>
  );
}

function Message({ m, thread }: { m: Schemas['Spoken']; thread: Conversation }) {
  const say = useWords();
  const times = useTimes();
  const { messages } = useIntl();
  const open = m.id !== undefined && [...(thread.questions ?? []), ...(thread.proposals ?? [])].some((q) => q.id === m.id);
  const word = (id: string, other: string) => (messages[id] ? say(id) : other);
  return (
    <li data-mine={m.mine || undefined}>
      <Text><b>{m.by}</b> {m.did}</Text>
      {m.because && <Text>{m.because}</Text>}
      {m.agreed !== undefined && <Text>{say(m.agreed ? 'referral.yes' : 'referral.no')}</Text>}
      {m.toName && <Text>{m.toName}</Text>}
      {m.when && <Text>{times.moment(m.when)}{m.until ? ` – ${times.moment(m.until)}` : ''}</Text>}
      {m.place && <Text className="rw-text" dir="auto">{m.place}</Text>}
      {(m.outcomes ?? []).map((o, i) => <Text key={i}>{word(`outcome.${o.result}`, o.result)}{o.text ? `: ${o.text}` : ''}</Text>)}
      {m.text && <Text className="rw-text rw-said" dir="auto">{m.text}</Text>}
      {m.erased && <Text className="rw-quiet">{say('timeline.erased')}</Text>}
      {open && <Text fw={600}>{say('timeline.open')}</Text>}
      {m.void && <Text className="rw-quiet">{say('timeline.void')}</Text>}
      <Text size="sm" className="rw-quiet">{times.moment(m.at)}{m.mine ? ` · ${word(`transport.${m.state}`, m.state)}` : ''}</Text>
    </li>
  );
}
