import { Button, Group, Skeleton, Stack, Text, Textarea, Title } from '@mantine/core';
import { Link, useLocation, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import { type Partner, useAcceptInvitation, useInvitations, useInvitePartner, usePartners, usePractice, useStartPractice, useWithdraw } from '../../api/partners';
import { useSession } from '../../api/session';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Once } from '../../shell/Once';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { State } from './State';
import { invitationIn, next, standing } from './states';

/** Partners lists the other organizations, invites new ones and accepts invitations. */
export function Partners() {
  const say = useWords();
  useTitle(say('menu.partners'));
  const session = useSession();
  const list = usePartners();
  const may = session.data?.can.includes('trust') ?? false;
  const items = list.data?.items ?? [];
  return (
    <Stack>
      <Title order={1}>{say('menu.partners')}</Title>
      <Text>{say('partners.intro')}</Text>
      {list.isError && <Trouble error={list.error} again={() => void list.refetch()} />}
      {list.isPending && <Skeleton h={160} role="status" aria-label={say('shell.loading')} />}
      {list.isSuccess && items.length === 0 && <div className="rw-card"><Stack gap="xs"><Text fw={600}>{say('partners.none')}</Text><Text>{say(may ? 'partners.none.next' : 'partners.none.ask')}</Text></Stack></div>}
      <ul className="rw-list">{items.map((p) => <Row key={p.id} p={p} />)}</ul>
      {may && <><Invite /><Accept /><Practice /></>}
    </Stack>
  );
}

function Row({ p }: { p: Partner }) {
  const say = useWords();
  const todo = next(p);
  return (
    <li>
      <Link to="/partners/$id" params={{ id: p.id }} className="rw-card rw-partner" data-mine={todo !== '' || undefined}>
        <Text fw={600}>{p.name}</Text>
        <State state={standing(p)} />
        <Text size="sm" className="rw-quiet">{todo ? say(`partners.todo.${todo}`) : say('partners.ways', { they: p.theySend === 'yes' ? 'yes' : 'no', we: p.weSend === 'yes' ? 'yes' : 'no' })}</Text>
      </Link>
    </li>
  );
}

function Invite() {
  const say = useWords();
  const times = useTimes();
  const invite = useInvitePartner();
  const open = useInvitations(true);
  const withdraw = useWithdraw();
  const [shown, setShown] = useState(false);
  return (
    <section className="rw-card" aria-labelledby="invite">
      <Stack gap="sm">
        <Title order={2} size="h4" id="invite">{say('partners.invite')}</Title>
        <Text>{say('partners.invitehint')}</Text>
        {invite.isError && <Trouble error={invite.error} focus />}
        {invite.data && shown && <Once title={say('partners.made', { when: times.moment(invite.data.expires) })} hint={say('partners.givetext')} label={say('partners.text')} value={invite.data.invitation} onClose={() => setShown(false)} />}
        {invite.data && shown && <Group><Button variant="default" onClick={() => save(invite.data.invitation)}>{say('partners.file')}</Button></Group>}
        <Button className="rw-start" loading={invite.isPending} onClick={() => invite.mutate(undefined, { onSuccess: () => setShown(true) })}>{say('partners.make')}</Button>
        {(withdraw.isError) && <Trouble error={withdraw.error} focus />}
        {(open.data?.items ?? []).length > 0 && <Text fw={600} mt="sm">{say('partners.open')}</Text>}
        <ul className="rw-feed">{open.data?.items?.map((i) => <li key={i.id}><span>{say('partners.openuntil', { when: times.moment(i.expires) })}</span><Button size="xs" variant="default" loading={withdraw.isPending} onClick={() => withdraw.mutate(i.id)}>{say('partners.withdraw')}</Button></li>)}</ul>
      </Stack>
    </section>
  );
}

/** save offers a text as a file. */
function save(text: string) {
  const url = URL.createObjectURL(new Blob([text + '\n'], { type: 'text/plain' }));
  const a = document.createElement('a');
  a.href = url;
  a.download = 'invitation.txt';
  a.click();
  URL.revokeObjectURL(url);
}

function Accept() {
  const say = useWords();
  const accept = useAcceptInvitation();
  const go = useNavigate();
  const { hash } = useLocation();
  const [text, setText] = useState('');
  useEffect(() => { // a link to /invite has the invitation after #
    if (hash.startsWith('rwinvite')) { setText(hash); window.history.replaceState(null, '', window.location.pathname); }
  }, [hash]);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    accept.mutate(invitationIn(text), { onSuccess: (p) => void go({ to: '/partners/$id', params: { id: p.id } }) });
  };
  return (
    <form className="rw-card" onSubmit={submit}>
      <Stack gap="sm">
        <Title order={2} size="h4">{say('partners.accept')}</Title>
        {accept.isError && <Trouble error={accept.error} focus />}
        <Textarea label={say('partners.paste')} description={say('partners.pastehint')} required withAsterisk={false} autosize minRows={2} maxRows={8} value={text} onChange={(e) => setText(e.currentTarget.value)} spellCheck={false} />
        <Button type="submit" className="rw-start" loading={accept.isPending}>{say('partners.take')}</Button>
      </Stack>
    </form>
  );
}

/** Practice offers the partner that every node has to try things out with. */
function Practice() {
  const say = useWords();
  const practice = usePractice();
  const start = useStartPractice();
  if (!practice.data || practice.data.ready) return null;
  return (
    <section className="rw-card" aria-labelledby="practice">
      <Stack gap="sm">
        <Title order={2} size="h4" id="practice">{say('partners.practice')}</Title>
        <Text>{say('partners.practicehint')}</Text>
        {start.isError && <Trouble error={start.error} focus />}
        <Button className="rw-start" variant="default" loading={start.isPending} onClick={() => start.mutate(undefined)}>{say('partners.practicestart')}</Button>
      </Stack>
    </section>
  );
}
