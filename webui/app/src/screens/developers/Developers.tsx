import { Button, Group, NativeSelect, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { type Key, type Scope, useKeys, useMakeKey, useRevokeKey } from '../../api/keys';
import { usePractice } from '../../api/partners';
import { useLanguage, useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Notice } from '../../shell/Notice';
import { Once } from '../../shell/Once';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { Live } from './Live';
import { Samples } from './Samples';

/** Developers is what a programmer of a case management system needs: keys, the description, samples, and events as they happen. */
export function Developers() {
  const say = useWords();
  useTitle(say('menu.developers'));
  return (
    <Stack>
      <Title order={1}>{say('menu.developers')}</Title>
      <Text>{say('developers.intro')}</Text>
      <ul className="rw-plain">
        <li><a className="rw-link" href="/v1/docs">{say('developers.docs')}</a></li>
        <li><a className="rw-link" href="/v1/openapi.yaml">{say('developers.openapi')}</a></li>
      </ul>
      <Keys />
      <Samples />
      <Practice />
      <Live />
    </Stack>
  );
}

function Keys() {
  const say = useWords();
  const list = useKeys();
  const make = useMakeKey();
  const [name, setName] = useState('');
  const [scope, setScope] = useState<Scope>('referrals');
  const submit = (e: FormEvent) => { e.preventDefault(); make.mutate({ name, scope }, { onSuccess: () => setName('') }); };
  return (
    <section className="rw-card" aria-labelledby="keys">
      <Stack gap="sm">
        <Title order={2} size="h4" id="keys">{say('developers.keys')}</Title>
        <Text>{say('developers.keyshint')}</Text>
        {make.data && <Once title={say('developers.made', { name: make.data.name })} hint={say('developers.madehint')} label={say('developers.key')} value={make.data.key} onClose={() => make.reset()} />}
        {make.isError && <Trouble error={make.error} focus />}
        <form onSubmit={submit}>
          <Group align="flex-end">
            <TextInput flex={1} miw={220} label={say('developers.keyname')} required withAsterisk={false} maxLength={100} autoComplete="off" value={name} onChange={(e) => setName(e.currentTarget.value)} />
            <NativeSelect label={say('developers.scope')} value={scope} onChange={(e) => setScope(e.currentTarget.value === 'admin' ? 'admin' : 'referrals')} data={(['referrals', 'admin'] as const).map((s) => ({ value: s, label: say(`developers.scope.${s}`) }))} />
            <Button type="submit" loading={make.isPending}>{say('developers.make')}</Button>
          </Group>
        </form>
        {list.isError && <Trouble error={list.error} again={() => void list.refetch()} />}
        {list.isPending && <Skeleton h={80} role="status" aria-label={say('shell.loading')} />}
        {list.data?.length === 0 && <Text>{say('developers.nokeys')}</Text>}
        {(list.data?.length ?? 0) > 0 && <ul className="rw-list" aria-label={say('developers.keys')}>{list.data?.map((k) => <OneKey key={k.id} k={k} />)}</ul>}
      </Stack>
    </section>
  );
}

function OneKey({ k }: { k: Key }) {
  const say = useWords();
  const times = useTimes();
  const revoke = useRevokeKey();
  const [sure, setSure] = useState(false);
  return (
    <li>
      <Group justify="space-between">
        <div>
          <Text fw={600}>{k.name}</Text>
          <Text size="sm" className="rw-quiet">{say(`developers.scope.${k.scope}`)} · {say('developers.created', { when: times.day(k.created) })}</Text>
        </div>
        {k.revoked ? <span className="rw-tag" data-tone="over">{say('developers.revoked', { when: times.day(k.revoked) })}</span> : !sure && <Button size="xs" variant="default" aria-label={say('developers.revokeof', { name: k.name })} onClick={() => setSure(true)}>{say('developers.revoke')}</Button>}
      </Group>
      {revoke.isError && <Trouble error={revoke.error} focus />}
      {sure && !k.revoked && (
        <Notice tone="bad" title={say('developers.sure', { name: k.name })}>
          <Text mb="sm">{say('developers.suretext')}</Text>
          <Group><Button color="red.9" loading={revoke.isPending} onClick={() => revoke.mutate(k.id, { onSuccess: () => setSure(false) })}>{say('developers.revokenow')}</Button><Button variant="default" onClick={() => setSure(false)}>{say('developers.keep')}</Button></Group>
        </Notice>
      )}
    </li>
  );
}

function Practice() {
  const say = useWords();
  const { language } = useLanguage();
  const practice = usePractice();
  return (
    <section className="rw-card" aria-labelledby="practice">
      <Stack gap="sm">
        <Title order={2} size="h4" id="practice">{say('developers.practice')}</Title>
        <Text>{say('developers.practicehint')}</Text>
        {practice.isError && <Trouble error={practice.error} again={() => void practice.refetch()} />}
        {practice.isPending && <Skeleton h={120} role="status" aria-label={say('shell.loading')} />}
        <dl className="rw-facts">
          {practice.data?.behaviors?.map((b) => <div key={b.word || '-'} className="rw-fact"><dt>{b.word ? <code>{b.word}</code> : say('developers.anyname')}</dt><dd>{b.shows[language]}</dd></div>)}
        </dl>
      </Stack>
    </section>
  );
}
