import { Button, Group, NumberInput, Stack, Text, Textarea, TextInput, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { type Hosted, useHouseFile, useInviteOwner, useLimits, useMeasure } from '../../api/hosting';
import { linkOf } from '../../api/people';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { bytesOf, save } from '../../shell/save';
import { Notice } from '../../shell/Notice';
import { Once } from '../../shell/Once';
import { Trouble } from '../../shell/Trouble';
import { useSize } from './Hosting';

type Open = 'limit' | 'suspend' | 'owner' | undefined;

/** Organization is one organization on the node: numbers, and what its host can do about it. */
export function Organization({ o }: { o: Hosted }) {
  const say = useWords();
  const times = useTimes();
  const size = useSize();
  const limits = useLimits();
  const measure = useMeasure();
  const house = useHouseFile();
  const [open, setOpen] = useState<Open>();
  const wrong = [limits, measure, house].find((m) => m.isError);
  const toggle = (what: Open) => setOpen((now) => (now === what ? undefined : what));
  const close = () => setOpen(undefined);
  return (
    <li className="rw-card">
      <Stack gap="sm">
        <Group justify="space-between" align="flex-start">
          <Title order={3} size="h4">{o.name}</Title>
          <span className="rw-tag" data-tone={o.suspended ? 'bad' : o.owner ? 'good' : 'wait'}>{say(o.suspended ? 'hosting.suspended' : o.owner ? 'hosting.works' : 'hosting.noowner')}</span>
        </Group>
        {o.suspended && <Notice tone="wait" title={say('hosting.suspendedsince', { when: times.moment(o.since ?? 0) })}>{o.reason}</Notice>}
        <dl className="rw-facts">
          <dt>{say('hosting.people')}</dt><dd>{say('hosting.peoplen', { n: o.people })}</dd>
          <dt>{say('hosting.partners')}</dt><dd>{o.partners}</dd>
          <dt>{say('hosting.perday')}</dt><dd>{o.perDay ? say('hosting.spent', { n: o.spent, of: o.perDay }) : say('hosting.nolimit')}</dd>
          <dt>{say('hosting.size')}</dt>
          <dd>{measure.data ? say('hosting.measured', { data: size(measure.data.bytes), files: size(measure.data.files) }) : <Button size="compact-sm" variant="default" loading={measure.isPending} onClick={() => measure.mutate(o.id)}>{say('hosting.measure')}</Button>}</dd>
          <dt>{say('hosting.created')}</dt><dd>{times.day(o.created)}</dd>
        </dl>
        {wrong && <Trouble error={wrong.error} focus />}
        {house.isSuccess && <Notice tone="good" title={say('hosting.exported')} alert>{say('hosting.exportednext')}</Notice>}
        {open === 'limit' && <Limit o={o} done={close} />}
        {open === 'suspend' && <Suspend o={o} done={close} />}
        {(open === 'owner' || (o.people === 0 && open === undefined)) && <Owner o={o} begin={() => setOpen('owner')} done={close} />}
        <Group gap="xs">
          <Button size="xs" variant="default" aria-expanded={open === 'limit'} onClick={() => toggle('limit')}>{say('hosting.setlimit')}</Button>
          {o.suspended
            ? <Button size="xs" loading={limits.isPending} onClick={() => limits.mutate({ id: o.id, limits: { suspended: false, perDay: o.perDay } })}>{say('hosting.resume')}</Button>
            : <Button size="xs" variant="default" aria-expanded={open === 'suspend'} onClick={() => toggle('suspend')}>{say('hosting.suspend')}</Button>}
          <Button size="xs" variant="default" loading={house.isPending} onClick={() => house.mutate(o.id, { onSuccess: (got) => save('referworks-house-file.txt', bytesOf(got.file)) })}>{say('hosting.export')}</Button>
        </Group>
      </Stack>
    </li>
  );
}

interface Part { o: Hosted; done: () => void }

function Limit({ o, done }: Part) {
  const say = useWords();
  const limits = useLimits();
  const [n, setN] = useState<string | number>(o.perDay || '');
  const submit = (e: FormEvent) => {
    e.preventDefault();
    limits.mutate({ id: o.id, limits: { suspended: o.suspended, reason: o.reason, perDay: Number(n) || 0 } }, { onSuccess: done });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {limits.isError && <Trouble error={limits.error} focus />}
        <NumberInput label={say('hosting.limit')} description={say('hosting.limithint')} min={0} max={1_000_000} allowDecimal={false} allowNegative={false} hideControls value={n} onChange={setN} maw={420} />
        <Group><Button type="submit" loading={limits.isPending}>{say('hosting.savelimit')}</Button><Button variant="default" onClick={done}>{say('hosting.cancel')}</Button></Group>
      </Stack>
    </form>
  );
}

function Suspend({ o, done }: Part) {
  const say = useWords();
  const limits = useLimits();
  const [reason, setReason] = useState('');
  const submit = (e: FormEvent) => {
    e.preventDefault();
    limits.mutate({ id: o.id, limits: { suspended: true, reason, perDay: o.perDay } }, { onSuccess: done });
  };
  return (
    <form onSubmit={submit}>
      <Notice tone="bad" title={say('hosting.suspendsure', { name: o.name })}>
        <Stack gap="sm" mt="xs">
          <Text>{say('hosting.suspendmeans')}</Text>
          {limits.isError && <Trouble error={limits.error} focus />}
          <Textarea label={say('hosting.reason')} description={say('hosting.reasonhint')} required withAsterisk={false} maxLength={500} autosize minRows={2} value={reason} onChange={(e) => setReason(e.currentTarget.value)} />
          <Group><Button type="submit" color="red.9" loading={limits.isPending}>{say('hosting.suspendnow')}</Button><Button variant="default" onClick={done}>{say('hosting.cancel')}</Button></Group>
        </Stack>
      </Notice>
    </form>
  );
}

function Owner({ o, begin, done }: Part & { begin: () => void }) {
  const say = useWords();
  const invite = useInviteOwner();
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const submit = (e: FormEvent) => { e.preventDefault(); begin(); invite.mutate({ id: o.id, name, email }); };
  if (invite.data) return <Once title={say('people.link', { name })} hint={say('people.linkhint')} label={say('people.linklabel')} value={linkOf(invite.data.code)} onClose={done} />;
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text fw={600}>{say('hosting.ownertitle')}</Text>
        <Text size="sm">{say('hosting.ownerhint')}</Text>
        {invite.isError && <Trouble error={invite.error} focus />}
        <Group align="flex-end" grow preventGrowOverflow={false}>
          <TextInput label={say('people.name')} required withAsterisk={false} autoComplete="off" maxLength={100} value={name} onChange={(e) => setName(e.currentTarget.value)} />
          <TextInput label={say('signin.email')} type="email" required withAsterisk={false} autoComplete="off" value={email} onChange={(e) => setEmail(e.currentTarget.value)} />
        </Group>
        <Button type="submit" className="rw-start" loading={invite.isPending}>{say('hosting.inviteowner')}</Button>
      </Stack>
    </form>
  );
}
