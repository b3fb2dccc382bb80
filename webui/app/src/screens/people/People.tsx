import { Button, Group, NativeSelect, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { linkOf, type Person, type Role, roles, useEndSessions, useInvitePerson, useNewLink, usePeople, useRemovePerson, useSetRole } from '../../api/people';
import { useSession } from '../../api/session';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Notice } from '../../shell/Notice';
import { Once } from '../../shell/Once';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';

/** People lists who belongs to the organization, and what each may do. */
export function People() {
  const say = useWords();
  useTitle(say('menu.people'));
  const session = useSession();
  const list = usePeople();
  const [link, setLink] = useState<{ name: string; code: string }>();
  const change = session.data?.can.includes('people') ?? false;
  const owner = list.data?.find((p) => p.you)?.role === 'owner';
  return (
    <Stack>
      <Title order={1}>{say('menu.people')}</Title>
      <Text>{say('people.intro')}</Text>
      {link && <Once title={say('people.link', { name: link.name })} hint={say('people.linkhint')} label={say('people.linklabel')} value={linkOf(link.code)} onClose={() => setLink(undefined)} />}
      {change && <Invite owner={owner} onLink={setLink} />}
      {list.isError && <Trouble error={list.error} again={() => void list.refetch()} />}
      {list.isPending && <Skeleton h={160} role="status" aria-label={say('shell.loading')} />}
      {list.data?.length === 0 && <div className="rw-card"><Text>{say('people.none')}</Text></div>}
      <ul className="rw-list">{list.data?.map((p) => <One key={p.id} p={p} change={change && (owner || p.role !== 'owner')} owner={owner} onLink={setLink} />)}</ul>
    </Stack>
  );
}

function Invite({ owner, onLink }: { owner: boolean; onLink: (l: { name: string; code: string }) => void }) {
  const say = useWords();
  const invite = useInvitePerson();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('worker');
  const submit = (e: FormEvent) => {
    e.preventDefault();
    invite.mutate({ name, email, role }, { onSuccess: (made) => { setName(''); setEmail(''); if (made.code) onLink({ name: made.name, code: made.code }); } });
  };
  return (
    <form onSubmit={submit} className="rw-card">
      <Stack gap="sm">
        <Title order={2} size="h4">{say('people.invite')}</Title>
        {invite.isError && <Trouble error={invite.error} focus />}
        {invite.data && !invite.data.code && <Notice tone="good" title={say('people.given', { name: invite.data.name })} alert />}
        <Group align="flex-end" grow preventGrowOverflow={false}>
          <TextInput label={say('people.name')} required withAsterisk={false} autoComplete="off" maxLength={100} value={name} onChange={(e) => setName(e.currentTarget.value)} />
          <TextInput label={say('signin.email')} type="email" required withAsterisk={false} autoComplete="off" value={email} onChange={(e) => setEmail(e.currentTarget.value)} />
          <NativeSelect label={say('people.role')} value={role} onChange={(e) => setRole(e.currentTarget.value as Role)} data={roles.filter((r) => owner || r !== 'owner').map((r) => ({ value: r, label: say(`people.role.${r}`) }))} />
        </Group>
        <Text size="sm" className="rw-quiet">{say(`people.may.${role}`)}</Text>
        <Button type="submit" className="rw-start" loading={invite.isPending}>{say('people.send')}</Button>
      </Stack>
    </form>
  );
}

function One({ p, change, owner, onLink }: { p: Person; change: boolean; owner: boolean; onLink: (l: { name: string; code: string }) => void }) {
  const say = useWords();
  const times = useTimes();
  const set = useSetRole();
  const remove = useRemovePerson();
  const renew = useNewLink();
  const end = useEndSessions();
  const [sure, setSure] = useState(false);
  const wrong = [set, remove, renew, end].find((m) => m.isError);
  return (
    <li className="rw-card">
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start">
          <div>
            <Text fw={600}>{p.name}{p.you ? ` (${say('people.you')})` : ''}</Text>
            <Text size="sm" className="rw-quiet">{p.email}{p.you ? '' : ` · ${p.invited ? say('people.invited') : p.seenAt ? say('people.seen', { when: times.ago(p.seenAt) }) : say('people.neverseen')}`}</Text>
          </div>
          {change && !p.you
            ? <NativeSelect aria-label={say('people.roleof', { name: p.name })} value={p.role} disabled={set.isPending} onChange={(e) => set.mutate({ id: p.id, role: e.currentTarget.value as Role })} data={roles.filter((r) => owner || r !== 'owner').map((r) => ({ value: r, label: say(`people.role.${r}`) }))} />
            : <span className="rw-tag" data-tone="now">{say(`people.role.${p.role}`)}</span>}
        </Group>
        {wrong && <Trouble error={wrong.error} focus />}
        {end.isSuccess && <Notice tone="good" title={say('people.ended', { name: p.name })} alert />}
        {change && !p.you && (sure ? (
          <Notice tone="bad" title={say('people.sure', { name: p.name })}>
            <Text mb="sm">{say('people.suretext')}</Text>
            <Group><Button color="red.9" loading={remove.isPending} onClick={() => remove.mutate(p.id)}>{say('people.remove')}</Button><Button variant="default" onClick={() => setSure(false)}>{say('people.keep')}</Button></Group>
          </Notice>
        ) : (
          <Group gap="xs">
            <Button size="xs" variant="default" loading={renew.isPending} onClick={() => renew.mutate(p.id, { onSuccess: (got) => onLink({ name: p.name, code: got.code }) })}>{say('people.newlink')}</Button>
            {!p.invited && <Button size="xs" variant="default" loading={end.isPending} onClick={() => end.mutate(p.id)}>{say('people.end')}</Button>}
            <Button size="xs" variant="default" onClick={() => setSure(true)}>{say('people.remove')}</Button>
          </Group>
        ))}
      </Stack>
    </li>
  );
}
