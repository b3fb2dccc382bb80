import { Button, Group, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useSwitchOn } from '../../api/compose';
import { useSession } from '../../api/session';
import { type Connection, type Kind, useConnections, useKinds } from '../../api/setup';
import { useWords } from '../../i18n/language';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { formId } from '../compose/formId';
import { apiKind, groups } from './shape';
import { Last, State } from './State';
import { useKindWords } from './words';

const many = 8; // kinds, from which on one can search

/** Connections lists the ways in which referrals come and go, and offers new ones. */
export function Connections() {
  const say = useWords();
  useTitle(say('menu.connections'));
  const session = useSession();
  const list = useConnections();
  const kinds = useKinds();
  const may = session.data?.can.includes('setup.change') ?? false;
  const items = list.data?.items ?? [];
  const others = items.filter((c) => c.id !== formId);
  const all = [...(kinds.data?.items ?? []), apiKind];
  const trouble = list.error ?? kinds.error;
  return (
    <Stack maw={860}>
      <Title order={1}>{say('menu.connections')}</Title>
      <Text>{say('connections.intro')}</Text>
      {trouble && <Trouble error={trouble} again={() => { void list.refetch(); void kinds.refetch(); }} />}
      {!trouble && (!list.data || !kinds.data) && <Skeleton h={240} role="status" aria-label={say('shell.loading')} />}
      {list.data && kinds.data && (
        <>
          <Website on={items.some((c) => c.id === formId)} may={may} />
          <Title order={2} size="h3">{say('connections.others')}</Title>
          {others.length === 0 && <div className="rw-card"><Text>{say('connections.none')}</Text></div>}
          <ul className="rw-list">{others.map((c) => <One key={c.id} c={c} kind={all.find((k) => k.name === c.kind)} />)}</ul>
          {may && <Add kinds={all} />}
        </>
      )}
    </Stack>
  );
}

/** Website is the form and the inbox that every node has. */
function Website({ on, may }: { on: boolean; may: boolean }) {
  const say = useWords();
  const go = useSwitchOn();
  return (
    <section className="rw-card" aria-labelledby="website">
      <Stack gap="sm">
        <Group justify="space-between"><Title order={2} size="h3" id="website">{say('connections.website')}</Title><span className="rw-tag" data-tone={on ? 'good' : 'now'}>{say(on ? 'connections.website.on' : 'connections.website.off')}</span></Group>
        <Text>{say('connections.website.inbox')}</Text>
        <Text>{say(on ? 'connections.website.form' : 'connections.website.formoff')}</Text>
        {go.isError && <Trouble error={go.error} focus />}
        {on && go.isSuccess && <Notice tone="good" title={say('connections.website.done')} alert><Link className="rw-link" to="/start">{say('tasks.back')}</Link></Notice>}
        {!on && may && <Button className="rw-start" loading={go.isPending} onClick={() => go.mutate()}>{say('compose.switchon')}</Button>}
      </Stack>
    </section>
  );
}

function One({ c, kind }: { c: Connection; kind?: Kind }) {
  const say = useWords();
  const words = useKindWords();
  return (
    <li className="rw-card">
      <Group justify="space-between"><Link className="rw-link" to="/connections/$id" params={{ id: c.id }}>{c.name}</Link><State c={c} /></Group>
      <Text size="sm" className="rw-quiet">{kind ? words.title(kind) : c.kind} · {say(`connections.way.${c.direction}`)}</Text>
      <Last c={c} />
    </li>
  );
}

function Add({ kinds }: { kinds: Kind[] }) {
  const say = useWords();
  const words = useKindWords();
  const [text, setText] = useState('');
  const fits = (k: Kind) => text.trim().toLowerCase().split(/\s+/).every((w) => `${k.name} ${words.title(k)} ${words.help(k)}`.toLowerCase().includes(w));
  const shown = kinds.filter(fits);
  return (
    <section className="rw-card" aria-labelledby="add">
      <Stack gap="sm">
        <Title order={2} size="h3" id="add">{say('connections.add')}</Title>
        {kinds.length > many && <TextInput label={say('connections.search')} description={say('connections.searchhint')} value={text} onChange={(e) => setText(e.currentTarget.value)} />}
        {shown.length === 0 && <Text role="status">{say('connections.nokind')}</Text>}
        {groups.filter((g) => shown.some((k) => k.group === g)).map((g) => (
          <div key={g}>
            <Title order={3} size="h5">{say(`connections.group.${g}`)}</Title>
            <ul className="rw-feed">{shown.filter((k) => k.group === g).map((k) => <li key={k.name}><div><Link className="rw-link" to="/connections/$id" params={{ id: 'new' }} search={{ kind: k.name } as never}>{words.title(k)}</Link><Text size="sm" className="rw-quiet">{words.help(k)}</Text></div></li>)}</ul>
          </div>
        ))}
      </Stack>
    </section>
  );
}
