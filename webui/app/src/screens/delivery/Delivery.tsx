import { Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { usePartners } from '../../api/partners';
import { useReferrals, useRetry } from '../../api/referrals';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { type Cause, causes } from './causes';

/** Delivery shows what does not get through, grouped by cause, with what to do. */
export function Delivery() {
  const say = useWords();
  useTitle(say('menu.delivery'));
  const sent = useReferrals('out', true, 'stuck');
  const found = causes(sent.data?.pages.flatMap((p) => p.items ?? []) ?? []);
  return (
    <Stack>
      <Title order={1}>{say('menu.delivery')}</Title>
      {sent.isError && <Trouble error={sent.error} again={() => void sent.refetch()} />}
      {sent.isPending && <Skeleton h={120} role="status" aria-label={say('shell.loading')} />}
      {sent.isSuccess && found.length === 0 && (
        <div className="rw-card"><Stack gap="xs"><Text fw={600}>{say('delivery.none')}</Text><Text>{say('delivery.none.next')}</Text><Link className="rw-link" to="/sent">{say('delivery.sent')}</Link></Stack></div>
      )}
      {found.map((c) => <One key={c.key} cause={c} />)}
      {sent.hasNextPage && <Group><Button variant="default" loading={sent.isFetchingNextPage} onClick={() => void sent.fetchNextPage()}>{say('inbox.further')}</Button></Group>}
    </Stack>
  );
}

function One({ cause }: { cause: Cause }) {
  const say = useWords();
  const times = useTimes();
  const retry = useRetry();
  const partners = usePartners();
  const phone = partners.data?.items?.find((p) => p.id === cause.partner)?.contact.phone;
  const next = Math.min(...cause.rows.map((r) => r.nextTry ?? Infinity));
  const goesOn = ['queued', 'sent', 'waiting'].includes(cause.state);
  return (
    <section className="rw-card" aria-label={cause.partnerName}>
      <Stack gap="sm">
        <Title order={2} size="h4">{say('delivery.cause', { who: cause.partnerName || say('inbox.someone'), n: cause.rows.length })}</Title>
        <Text>{cause.reason || say(`transport.${cause.state}`)}</Text>
        {['queued', 'sent'].includes(cause.state) && Number.isFinite(next) && <Text>{say('delivery.next', { when: times.moment(next) })}</Text>}
        {!goesOn && <Text>{say('delivery.ended')}</Text>}
        {retry.isError && <Trouble error={retry.error} focus />}
        <Group>
          {goesOn && <Button loading={retry.isPending} onClick={() => { for (const r of cause.rows) retry.mutate(r.id); }}>{say('delivery.try')}</Button>}
          {phone && <a className="rw-link" href={`tel:${phone.replace(/[^+\d]/g, '')}`}>{say('delivery.call', { phone })}</a>}
        </Group>
        <ul className="rw-feed">
          {cause.rows.map((r) => (
            <li key={r.id}>
              <Link className="rw-link" to="/sent/$id" params={{ id: r.id }}>{r.reference}</Link>
              <span>{say('delivery.since', { when: times.moment(r.since) })}</span>
              {r.attempts !== undefined && r.attempts > 0 && <span className="rw-quiet">{say('delivery.attempts', { n: r.attempts })}</span>}
            </li>
          ))}
        </ul>
      </Stack>
    </section>
  );
}
