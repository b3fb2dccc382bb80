import { Button, Group, NativeSelect, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMemo, useState } from 'react';
import { type Asked, type Deed, useActivity, useExport } from '../../api/activity';
import { usePeople } from '../../api/people';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Notice } from '../../shell/Notice';
import { save } from '../../shell/save';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { groups, useDeed } from './words';

const day = 24 * 3600 * 1000;
const start = (text: string, plus = 0) => (text ? new Date(`${text}T00:00:00`).getTime() + plus : undefined);

/** Activity is the organization's log in words: who did what, and when. */
export function Activity() {
  const say = useWords();
  useTitle(say('menu.activity'));
  const people = usePeople();
  const [actor, setActor] = useState('');
  const [kind, setKind] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const asked = useMemo<Asked>(() => ({ actor: actor || undefined, kind: kind || undefined, from: start(from), to: start(to, day) }), [actor, kind, from, to]);
  const list = useActivity(asked);
  const out = useExport();
  const rows = list.data?.pages.flatMap((p) => p.items ?? []) ?? [];
  return (
    <Stack>
      <Title order={1}>{say('menu.activity')}</Title>
      <Text>{say('activity.intro')}</Text>
      <Group className="rw-noprint" align="flex-end" role="search" aria-label={say('activity.filter')}>
        <NativeSelect label={say('activity.who')} value={actor} onChange={(e) => setActor(e.currentTarget.value)}
          data={[{ value: '', label: say('activity.everybody') }, ...(people.data ?? []).map((p) => ({ value: `person ${p.id}`, label: p.name })), ...['partner', 'node', 'operator'].map((v) => ({ value: v, label: say(`activity.actor.${v}`) }))]} />
        <NativeSelect label={say('activity.what')} value={kind} onChange={(e) => setKind(e.currentTarget.value)} data={[{ value: '', label: say('activity.everything') }, ...groups.map((g) => ({ value: g, label: say(`activity.group.${g}`) }))]} />
        <TextInput type="date" label={say('activity.from')} value={from} onChange={(e) => setFrom(e.currentTarget.value)} />
        <TextInput type="date" label={say('activity.to')} value={to} onChange={(e) => setTo(e.currentTarget.value)} />
        <Button variant="default" loading={out.isPending} onClick={() => out.mutate(asked, { onSuccess: (got) => save('activity.csv', got.csv, 'text/csv') })}>{say('activity.export')}</Button>
      </Group>
      {out.isError && <Trouble error={out.error} focus />}
      {out.data && <Notice tone="good" title={say('activity.exported', { n: out.data.rows })} alert>{out.data.more ? say('activity.more') : ''}</Notice>}
      {list.isError && <Trouble error={list.error} again={() => void list.refetch()} />}
      {list.isPending && <Skeleton h={240} role="status" aria-label={say('shell.loading')} />}
      {list.isSuccess && rows.length === 0 && <div className="rw-card"><Text fw={600}>{say('activity.none')}</Text><Text>{say('activity.nonenext')}</Text></div>}
      {rows.length > 0 && <ol className="rw-list" aria-label={say('menu.activity')}>{rows.map((d) => <One key={d.seq} d={d} />)}</ol>}
      {list.hasNextPage && <Button variant="default" className="rw-start rw-noprint" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{say('activity.further')}</Button>}
    </Stack>
  );
}

function One({ d }: { d: Deed }) {
  const say = useWords();
  const times = useTimes();
  const words = useDeed();
  return (
    <li className="rw-deed">
      <time dateTime={new Date(d.at).toISOString()} className="rw-quiet">{times.moment(d.at)}</time>
      <span><strong dir="auto">{words.who(d)}</strong>{' · '}{words.what(d)}{d.about ? <>{': '}<span dir="auto" className={d.about.startsWith('RW-') ? 'rw-ref' : undefined}>{d.about}</span></> : null}</span>
      <details><summary className="rw-quiet">{say('activity.details')}</summary><code>{d.kind}{d.subject ? ` · ${d.subject}` : ''}{d.actor ? ` · ${d.actor}` : ''}</code></details>
    </li>
  );
}
