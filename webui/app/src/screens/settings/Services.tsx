import { Button, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { type Profile, type Service, useDescribe } from '../../api/setup';
import { useWords } from '../../i18n/language';
import { Faults, faultAt } from '../../shell/Faults';
import { Needs } from '../../shell/Needs';
import { Notice } from '../../shell/Notice';

const fresh = (): Service => ({ id: crypto.randomUUID().slice(0, 8), name: '', needs: [], area: '' });

/** Services is what the organization offers, as its partners find it. */
export function Services({ profile, may }: { profile: Profile; may: boolean }) {
  const say = useWords();
  const save = useDescribe();
  const [list, setList] = useState<Service[]>(profile.services?.length ? profile.services : []);
  const change = (id: string, part: Partial<Service>) => setList((all) => all.map((s) => (s.id === id ? { ...s, ...part } : s)));
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate({ name: profile.name, contact: profile.contact ?? {}, services: list });
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Text>{say('services.intro')}</Text>
        {save.isError && <Faults error={save.error} />}
        {save.isSuccess && <Notice tone="good" title={say('settings.saved')} alert />}
        {list.length === 0 && <div className="rw-card"><Text>{say('services.none')}</Text></div>}
        {list.map((s, i) => (
          <section key={s.id} className="rw-card" aria-label={s.name || say('services.new')}>
            <Stack gap="sm">
              <Title order={2} size="h4">{s.name || say('services.new')}</Title>
              <TextInput id={`services.${i}.name`} label={say('services.name')} description={say('services.namehint')} maxLength={200} disabled={!may} value={s.name} error={faultAt(save.error, `services.${i}.name`)} onChange={(e) => change(s.id, { name: e.currentTarget.value })} />
              <Needs label={say('services.needs')} hint={say('services.needshint')} disabled={!may} value={s.needs ?? []} onChange={(needs) => change(s.id, { needs })} />
              <TextInput id={`services.${i}.area`} label={say('services.area')} description={say('services.areahint')} maxLength={200} disabled={!may} value={s.area ?? ''} onChange={(e) => change(s.id, { area: e.currentTarget.value })} />
              {may && <Button className="rw-start" variant="default" onClick={() => setList((all) => all.filter((o) => o.id !== s.id))}>{say('services.remove', { name: s.name || say('services.new') })}</Button>}
            </Stack>
          </section>
        ))}
        {may && <Group><Button variant={list.length === 0 ? 'filled' : 'default'} onClick={() => setList((all) => [...all, fresh()])}>{say('services.add')}</Button>{(list.length > 0 || (profile.services?.length ?? 0) > 0) && <Button type="submit" loading={save.isPending}>{say('settings.save')}</Button>}</Group>}
      </Stack>
    </form>
  );
}
