import { NativeSelect, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useServices } from '../../api/setup';
import { useWords } from '../../i18n/language';
import { useNeedName } from '../../shell/Needs';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { allNeeds } from '../compose/needs';
import { fits } from './fits';

/** Find shows what the partners offer, as their cards say it. */
export function Find() {
  const say = useWords();
  const need = useNeedName();
  useTitle(say('menu.find'));
  const list = useServices();
  const [wanted, setWanted] = useState('');
  const [text, setText] = useState('');
  const all = useMemo(() => list.data?.items ?? [], [list.data]);
  const shown = all.filter((o) => fits(o, { need: wanted, text }, (c) => need(c)));
  return (
    <Stack>
      <Title order={1}>{say('menu.find')}</Title>
      <Text>{say('find.intro')}</Text>
      {list.isError && <Trouble error={list.error} again={() => void list.refetch()} />}
      {list.isPending && <Skeleton h={160} role="status" aria-label={say('shell.loading')} />}
      {list.data && all.length === 0 && <div className="rw-card"><Text fw={600}>{say('find.none')}</Text><Text>{say('find.none.next')} <Link className="rw-link" to="/partners">{say('menu.partners')}</Link></Text></div>}
      {all.length > 0 && (
        <Stack maw={560} gap="sm">
          <NativeSelect label={say('find.need')} value={wanted} onChange={(e) => setWanted(e.currentTarget.value)} data={[{ value: '', label: say('find.any') }, ...allNeeds.map((n) => ({ value: n.id, label: say(`needs.${n.id}`) })).sort((a, b) => a.label.localeCompare(b.label))]} />
          <TextInput label={say('find.text')} description={say('find.texthint')} value={text} onChange={(e) => setText(e.currentTarget.value)} />
        </Stack>
      )}
      {all.length > 0 && <Text role="status" className="rw-quiet">{say('find.count', { n: shown.length })}</Text>}
      <ul className="rw-list">
        {shown.map((o) => (
          <li key={o.partner + o.service.id} className="rw-card">
            <Stack gap={4}>
              <Title order={2} size="h4">{o.service.name}</Title>
              <Text><Link className="rw-link" to="/partners/$id" params={{ id: o.partner }}>{o.partnerName}</Link>{o.contact.phone ? ` · ${o.contact.phone}` : ''}{o.contact.hours ? ` · ${o.contact.hours}` : ''}</Text>
              {(o.service.needs?.length ?? 0) > 0 && <Text>{o.service.needs?.map(need).join(', ')}</Text>}
              {o.service.area && <Text className="rw-quiet">{say('find.area', { area: o.service.area })}</Text>}
              {o.maySend ? <Text><Link className="rw-link" to="/send" search={{ to: o.partner } as never}>{say('find.send', { who: o.partnerName })}</Link></Text> : <Text className="rw-quiet">{say('find.maynot')}</Text>}
            </Stack>
          </li>
        ))}
      </ul>
    </Stack>
  );
}
