import { Button, Center, Container, Group, Loader, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { type Created, found, useNodeOrganizations } from '../../api/setup';
import { useSignOut } from '../../api/session';
import { useWords } from '../../i18n/language';
import { Faults, faultAt } from '../../shell/Faults';
import { Mark } from '../../shell/Mark';
import { LanguageSwitch } from '../../shell/switches';
import { useTitle } from '../../shell/title';
import { Kit } from './Kit';

interface BeginProps { email: string; onMade: () => void; onDone: () => void; otherwise: ReactNode }

/** Begin makes the first organization of an empty node, and hands over its recovery files. Otherwise it shows what is given. */
export function Begin({ email, onMade, onDone, otherwise }: BeginProps) {
  const say = useWords();
  const hosted = useNodeOrganizations();
  const [made, setMade] = useState<Created>();
  if (made) return <Page title="kit.title"><Kit made={made} onDone={onDone} /></Page>;
  if (hosted.isPending) return <Center h="100vh"><Loader aria-label={say('shell.loading')} /></Center>;
  if (hosted.isError || (hosted.data.items?.length ?? 0) > 0) return otherwise;
  return <Page title="begin.title"><Form email={email} onMade={(c) => { onMade(); setMade(c); }} /></Page>;
}

function Page({ title, children }: { title: string; children: ReactNode }) {
  const say = useWords();
  useTitle(say(title));
  return (
    <Container size={760} py="xl" component="main">
      <Stack gap="lg">
        <Group justify="space-between"><Mark /><LanguageSwitch /></Group>
        <div className="rw-card"><Stack gap="md"><Title order={1} size="h2">{say(title)}</Title>{children}</Stack></div>
      </Stack>
    </Container>
  );
}

function Form({ email: known, onMade }: { email: string; onMade: (c: Created) => void }) {
  const say = useWords();
  const out = useSignOut();
  const make = useMutation({ mutationFn: found, gcTime: 0, onSuccess: onMade });
  const [name, setName] = useState('');
  const [phone, setPhone] = useState('');
  const [email, setEmail] = useState(known);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    make.mutate({ name, phone, email, zone: Intl.DateTimeFormat().resolvedOptions().timeZone });
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Text>{say('begin.intro')}</Text>
        {make.isError && <Faults error={make.error} />}
        <TextInput id="name" label={say('begin.name')} description={say('begin.namehint')} autoComplete="organization" maxLength={200} value={name} error={faultAt(make.error, 'name')} onChange={(e) => setName(e.currentTarget.value)} />
        <TextInput id="contact.phone" type="tel" label={say('begin.phone')} description={say('begin.phonehint')} autoComplete="tel" value={phone} error={faultAt(make.error, 'contact.phone')} onChange={(e) => setPhone(e.currentTarget.value)} />
        <TextInput id="contact.email" type="email" label={say('begin.email')} description={say('begin.emailhint')} autoComplete="email" value={email} error={faultAt(make.error, 'contact.email')} onChange={(e) => setEmail(e.currentTarget.value)} />
        <Group><Button type="submit" loading={make.isPending}>{say('begin.make')}</Button><Button variant="default" onClick={() => out.mutate()}>{say('shell.signout')}</Button></Group>
      </Stack>
    </form>
  );
}
