import { Button, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { type Profile, useDescribe } from '../../api/setup';
import { useWords } from '../../i18n/language';
import { Faults, faultAt } from '../../shell/Faults';
import { Notice } from '../../shell/Notice';

const fields = ['name', 'phone', 'email', 'hours', 'web'] as const;

/** Organization is the name and the contact on the card. */
export function Organization({ profile, may }: { profile: Profile; may: boolean }) {
  const say = useWords();
  const save = useDescribe();
  const [name, setName] = useState(profile.name);
  const [contact, setContact] = useState(profile.contact ?? {});
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate({ name, contact, services: profile.services ?? [] }, { onSuccess: (p) => setContact(p.contact ?? {}) });
  };
  return (
    <form onSubmit={submit} noValidate className="rw-card">
      <Stack>
        {save.isError && <Faults error={save.error} />}
        {save.isSuccess && <Notice tone="good" title={say('settings.saved')} alert />}
        <TextInput id="name" label={say('begin.name')} description={say('settings.namehint')} maxLength={200} disabled={!may} value={name} error={faultAt(save.error, 'name')} onChange={(e) => setName(e.currentTarget.value)} />
        {fields.map((f) => (
          <TextInput key={f} id={`contact.${f}`} label={say(`settings.contact.${f}`)} description={say(`settings.contact.${f}.hint`)} maxLength={200} disabled={!may} value={contact[f] ?? ''} error={faultAt(save.error, `contact.${f}`)}
            onChange={(e) => { const v = e.currentTarget.value; setContact((c) => ({ ...c, [f]: v })); }} />
        ))}
        {may && <Button className="rw-start" type="submit" loading={save.isPending}>{say('settings.save')}</Button>}
      </Stack>
    </form>
  );
}
