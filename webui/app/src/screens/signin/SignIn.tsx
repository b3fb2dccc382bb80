import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { Problem } from '../../api/client';
import { usable } from '../../api/passkey';
import { usePasskeySignIn, useSignIn } from '../../api/session';
import { useWords } from '../../i18n/language';
import { Bare } from '../../shell/Bare';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';

/** SignIn asks for e-mail and password, then for the code of the second factor where the account has one. The page that was asked for opens behind it. */
export function SignIn({ passkeys = false, ended = false }: { passkeys?: boolean; ended?: boolean }) {
  const say = useWords();
  const enter = useSignIn();
  const byKey = usePasskeySignIn();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [second, setSecond] = useState(false);
  const codeField = useRef<HTMLInputElement>(null);
  useEffect(() => { if (second) codeField.current?.focus(); }, [second]);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    enter.mutate({ email: email.trim(), password, ...(second ? { code: code.replace(/\s/g, '') } : {}) }, {
      onError: (error) => { if (error instanceof Problem && error.code === 'second-factor') setSecond(true); },
    });
  };
  const asksForCode = enter.error instanceof Problem && enter.error.code === 'second-factor' && enter.variables?.code === undefined;
  return (
    <Bare title={say('signin.title')}>
      {ended && <Notice tone="now" title={say('signin.ended')} alert>{say('signin.ended.next')}</Notice>}
      {enter.isError && !asksForCode && <Trouble error={enter.error} focus />}
      {passkeys && usable() && !second && <>
        {byKey.isError && byKey.error instanceof Problem && <Trouble error={byKey.error} focus />}
        <Button loading={byKey.isPending} onClick={() => byKey.mutate(undefined)}>{say('signin.passkey')}</Button>
        <Text ta="center" className="rw-quiet">{say('signin.or')}</Text>
      </>}
      <form onSubmit={submit}>
        <Stack>
          <TextInput label={say('signin.email')} type="email" name="email" autoComplete="username" required withAsterisk={false} value={email} onChange={(e) => setEmail(e.currentTarget.value)} />
          <PasswordInput label={say('signin.password')} name="password" autoComplete="current-password" required withAsterisk={false} value={password} onChange={(e) => setPassword(e.currentTarget.value)}
            visibilityToggleButtonProps={{ 'aria-label': say('signin.show'), tabIndex: 0 }} />
          {second && <>
            <Text>{say('signin.second')}</Text>
            <TextInput ref={codeField} label={say('signin.code')} description={say('signin.codehint')} name="code" inputMode="numeric" autoComplete="one-time-code" required withAsterisk={false} value={code} onChange={(e) => setCode(e.currentTarget.value)} />
          </>}
          <Button type="submit" variant={passkeys && usable() && !second ? 'default' : 'filled'} loading={enter.isPending}>{say('signin.enter')}</Button>
          <Text size="sm" className="rw-quiet">{say('signin.help')}</Text>
        </Stack>
      </form>
    </Bare>
  );
}
