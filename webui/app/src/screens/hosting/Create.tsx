import { Button, Checkbox, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { type Kit, useCreateHosted } from '../../api/hosting';
import { useWords } from '../../i18n/language';
import { save } from '../../shell/save';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';

/** Create makes an organization and shows its recovery kit once. */
export function Create() {
  const say = useWords();
  const create = useCreateHosted();
  const [name, setName] = useState('');
  const [phone, setPhone] = useState('');
  const [email, setEmail] = useState('');
  if (create.data) return <Handout kit={create.data} done={() => { create.reset(); setName(''); setPhone(''); setEmail(''); }} />;
  const submit = (e: FormEvent) => { e.preventDefault(); create.mutate({ name, phone, email }); };
  return (
    <form onSubmit={submit} className="rw-card">
      <Stack gap="sm">
        <Title order={2} size="h4">{say('hosting.create')}</Title>
        {create.isError && <Trouble error={create.error} focus />}
        <Group align="flex-start" grow preventGrowOverflow={false}>
          <TextInput label={say('hosting.name')} required withAsterisk={false} maxLength={200} autoComplete="off" value={name} onChange={(e) => setName(e.currentTarget.value)} />
          <TextInput label={say('hosting.phone')} type="tel" autoComplete="off" value={phone} onChange={(e) => setPhone(e.currentTarget.value)} />
          <TextInput label={say('hosting.email')} type="email" autoComplete="off" value={email} onChange={(e) => setEmail(e.currentTarget.value)} />
        </Group>
        <Text size="sm" className="rw-quiet">{say('hosting.contacthint')}</Text>
        <Button type="submit" className="rw-start" loading={create.isPending}>{say('hosting.make')}</Button>
      </Stack>
    </form>
  );
}

function Handout({ kit, done }: { kit: Kit; done: () => void }) {
  const say = useWords();
  const [kept, setKept] = useState(false);
  const parts = [
    { words: 'hosting.kit.root', file: kit.rootFile, name: 'referworks-root-file.txt', pass: kit.rootPassphrase },
    { words: 'hosting.kit.recovery', file: kit.recoveryFile, name: 'referworks-recovery-file.txt', pass: kit.recoveryPassphrase },
  ];
  return (
    <Notice tone="good" title={say('hosting.made', { name: kit.name })} alert>
      <Stack gap="sm" mt="xs">
        <Text>{say('hosting.kit')}</Text>
        {parts.map((p) => (
          <Group key={p.words} align="flex-end">
            <TextInput flex={1} miw={220} label={say(p.words)} description={say('hosting.kit.pass')} readOnly value={p.pass} onFocus={(e) => e.currentTarget.select()} />
            <Button variant="default" onClick={() => save(p.name, p.file)}>{say('hosting.kit.save')}</Button>
          </Group>
        ))}
        <Checkbox label={say('hosting.kit.kept')} checked={kept} onChange={(e) => setKept(e.currentTarget.checked)} />
        <Button className="rw-start" disabled={!kept} onClick={done}>{say('once.close')}</Button>
      </Stack>
    </Notice>
  );
}
