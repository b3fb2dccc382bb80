import { Button, Group, NativeSelect, PasswordInput, Skeleton, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call } from '../../api/client';
import { sessionKey, useAccount, useSession } from '../../api/session';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Notice } from '../../shell/Notice';
import { useProve } from '../../shell/StepUp';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { AddApp, AddPasskey, Codes } from '../protect/factors';

/** Account is the person's own name, language, and what protects their account. */
export function Account() {
  const say = useWords();
  useTitle(say('shell.account'));
  const session = useSession();
  const factors = useAccount();
  const queries = useQueryClient();
  const [adding, setAdding] = useState<'passkey' | 'app'>();
  const [codes, setCodes] = useState<string[]>();
  const again = () => { void queries.invalidateQueries({ queryKey: ['account'] }); void queries.invalidateQueries({ queryKey: sessionKey }); };
  const keep = (list: string[]) => { setAdding(undefined); again(); if (list.length > 0) setCodes(list); };
  if (codes) return <Stack maw={560}><Title order={1}>{say('protect.codes')}</Title><Codes codes={codes} onDone={() => setCodes(undefined)} /></Stack>;
  return (
    <Stack maw={700}>
      <Title order={1}>{say('shell.account')}</Title>
      {session.data?.demo && <Notice tone="now" title={say('shell.demo')} />}
      {session.data?.user && <Names key={session.data.user.id} name={session.data.user.name} language={session.data.user.language ?? ''} email={session.data.user.email} />}
      <section className="rw-card" aria-labelledby="account-protect">
        <Stack gap="sm">
          <Title order={2} size="h4" id="account-protect">{say('account.protect')}</Title>
          {factors.isError && <Trouble error={factors.error} again={() => void factors.refetch()} />}
          {factors.isPending && <Skeleton h={120} role="status" aria-label={say('shell.loading')} />}
          {factors.data && <Protection f={factors.data} onChange={again} onCodes={setCodes} />}
          {adding === 'passkey' && <AddPasskey onCodes={keep} onBack={() => setAdding(undefined)} />}
          {adding === 'app' && <AddApp onCodes={keep} onBack={() => setAdding(undefined)} />}
          {!adding && factors.data && <Group>
            {factors.data.passkeysPossible && <Button variant="default" onClick={() => setAdding('passkey')}>{say('protect.passkey')}</Button>}
            <Button variant="default" onClick={() => setAdding('app')}>{say(factors.data.totp ? 'account.otherapp' : 'protect.app')}</Button>
          </Group>}
        </Stack>
      </section>
      <Password />
      <Elsewhere />
    </Stack>
  );
}

function Names({ name: was, language: spoken, email }: { name: string; language: string; email: string }) {
  const say = useWords();
  const queries = useQueryClient();
  const [name, setName] = useState(was);
  const [language, setLanguage] = useState(spoken);
  const save = useMutation({ mutationFn: () => call('PUT', '/v1/account', { name, language }), onSuccess: () => void queries.invalidateQueries({ queryKey: sessionKey }) });
  return (
    <form className="rw-card" onSubmit={(e: FormEvent) => { e.preventDefault(); save.mutate(); }}>
      <Stack gap="sm">
        {save.isError && <Trouble error={save.error} focus />}
        {save.isSuccess && <Notice tone="good" title={say('account.saved')} alert />}
        <Text className="rw-quiet">{email}</Text>
        <TextInput label={say('setup.name')} description={say('setup.namehint')} required withAsterisk={false} maxLength={100} value={name} onChange={(e) => setName(e.currentTarget.value)} />
        <NativeSelect label={say('shell.language')} value={language} onChange={(e) => setLanguage(e.currentTarget.value)} data={[{ value: '', label: say('account.browser') }, { value: 'en', label: 'English' }, { value: 'es', label: 'Español' }]} />
        <Button type="submit" className="rw-start" loading={save.isPending}>{say('account.save')}</Button>
      </Stack>
    </form>
  );
}

function Protection({ f, onChange, onCodes }: { f: { totp: boolean; codes: number; passkeys: { id: string; name: string; created: number }[] }; onChange: () => void; onCodes: (c: string[]) => void }) {
  const say = useWords();
  const times = useTimes();
  const prove = useProve();
  const drop = useMutation({ mutationFn: (path: string) => prove(() => call('DELETE', path)), onSuccess: onChange });
  const renew = useMutation({ mutationFn: () => prove(() => call<{ codes: string[] }>('POST', '/v1/account/recovery-codes')), onSuccess: (got) => { onChange(); onCodes(got.codes); } });
  return (
    <>
      {(drop.isError || renew.isError) && <Trouble error={drop.error ?? renew.error} focus />}
      <ul className="rw-feed">
        {f.passkeys.map((p) => <li key={p.id}><span>{say('account.passkey', { name: p.name, when: times.day(p.created) })}</span><Button size="xs" variant="default" onClick={() => drop.mutate(`/v1/account/passkeys/${p.id}`)} aria-label={say('account.dropof', { name: p.name })}>{say('account.drop')}</Button></li>)}
        {f.totp && <li><span>{say('account.app')}</span><Button size="xs" variant="default" onClick={() => drop.mutate('/v1/account/totp')} aria-label={say('account.dropof', { name: say('account.app') })}>{say('account.drop')}</Button></li>}
        <li><span>{say('account.codes', { n: f.codes })}</span><Button size="xs" variant="default" loading={renew.isPending} onClick={() => renew.mutate()}>{say('account.newcodes')}</Button></li>
      </ul>
    </>
  );
}

function Password() {
  const say = useWords();
  const prove = useProve();
  const [password, setPassword] = useState('');
  const set = useMutation({ mutationFn: () => prove(() => call('PUT', '/v1/account/password', { password })), onSuccess: () => setPassword('') });
  return (
    <form className="rw-card" onSubmit={(e: FormEvent) => { e.preventDefault(); set.mutate(); }}>
      <Stack gap="sm">
        <Title order={2} size="h4">{say('account.password')}</Title>
        {set.isError && <Trouble error={set.error} focus />}
        {set.isSuccess && <Notice tone="good" title={say('account.changed')} alert />}
        <PasswordInput label={say('account.newpassword')} description={say('setup.passwordhint', { n: 15 })} autoComplete="new-password" required withAsterisk={false} value={password} onChange={(e) => setPassword(e.currentTarget.value)} visibilityToggleButtonProps={{ 'aria-label': say('signin.show'), tabIndex: 0 }} />
        <Button type="submit" className="rw-start" variant="default" loading={set.isPending}>{say('account.change')}</Button>
      </Stack>
    </form>
  );
}

function Elsewhere() {
  const say = useWords();
  const end = useMutation({ mutationFn: () => call('DELETE', '/v1/account/sessions') });
  return (
    <section className="rw-card">
      <Stack gap="sm">
        <Title order={2} size="h4">{say('account.elsewhere')}</Title>
        <Text>{say('account.elsewherehint')}</Text>
        {end.isError && <Trouble error={end.error} focus />}
        {end.isSuccess && <Notice tone="good" title={say('account.ended')} alert />}
        <Button className="rw-start" variant="default" loading={end.isPending} onClick={() => end.mutate()}>{say('account.end')}</Button>
      </Stack>
    </section>
  );
}
