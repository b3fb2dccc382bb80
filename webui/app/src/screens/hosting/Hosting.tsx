import { Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useIntl } from 'react-intl';
import { useHealth, useHosted } from '../../api/hosting';
import { useSession } from '../../api/session';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { Create } from './Create';
import { Organization } from './Organization';

/** Hosting is for who runs the node: how it is, and the organizations on it. It shows numbers, and no referral. */
export function Hosting() {
  const say = useWords();
  useTitle(say('menu.hosting'));
  const session = useSession();
  if (!session.data?.can.includes('node')) return <Stack><Title order={1}>{say('menu.hosting')}</Title><div className="rw-card"><Stack gap="xs" align="flex-start"><Text>{say('hosting.notyou')}</Text><Link className="rw-link" to="/">{say('menu.home')}</Link></Stack></div></Stack>;
  return <Node />;
}

function Node() {
  const say = useWords();
  const list = useHosted();
  return (
    <Stack>
      <Title order={1}>{say('menu.hosting')}</Title>
      <Text>{say('hosting.intro')}</Text>
      <Health />
      <Title order={2} size="h3">{say('hosting.organizations')}</Title>
      {list.isError && <Trouble error={list.error} again={() => void list.refetch()} />}
      {list.isPending && <Skeleton h={160} role="status" aria-label={say('shell.loading')} />}
      {list.data?.length === 0 && <div className="rw-card"><Text>{say('hosting.none')}</Text></div>}
      <ul className="rw-list">{list.data?.map((o) => <Organization key={o.id} o={o} />)}</ul>
      <Create />
    </Stack>
  );
}

function Health() {
  const say = useWords();
  const times = useTimes();
  const size = useSize();
  const health = useHealth();
  if (health.isError) return <Trouble error={health.error} again={() => void health.refetch()} />;
  if (!health.data) return <Skeleton h={160} role="status" aria-label={say('shell.loading')} />;
  const h = health.data;
  return (
    <section className="rw-card" aria-labelledby="health">
      <Stack gap="sm">
        <Title order={2} size="h4" id="health">{say('hosting.health')}</Title>
        {h.warnings.map((w) => <Notice key={w} tone="bad" title={w} />)}
        {h.warnings.length === 0 && <Notice tone="good" title={say('hosting.nowarnings')} />}
        <dl className="rw-facts">
          <dt>{say('hosting.started')}</dt><dd>{times.moment(h.started)}</dd>
          <dt>{say('hosting.reached')}</dt><dd>{say('hosting.of', { n: h.connected, of: h.partners })}</dd>
          <dt>{say('hosting.store')}</dt><dd>{h.store}</dd>
          <dt>{say('hosting.free')}</dt><dd>{size(h.freeBytes)}</dd>
          <dt>{say('hosting.version')}</dt><dd>{h.version}</dd>
        </dl>
      </Stack>
    </section>
  );
}

/** useSize says a number of bytes. */
export function useSize() {
  const intl = useIntl();
  return (n: number) => {
    const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
    const i = Math.min(units.length - 1, n < 1 ? 0 : Math.floor(Math.log10(n) / 3));
    return intl.formatNumber(n / 1000 ** i, { style: 'unit', unit: units[i], maximumFractionDigits: i > 1 ? 1 : 0 });
  };
}
