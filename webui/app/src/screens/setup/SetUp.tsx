import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useSetUp } from '../../api/session';
import { useWords } from '../../i18n/language';
import { Bare } from '../../shell/Bare';
import { Trouble } from '../../shell/Trouble';

const least = 15; // characters of a password

/** codeIn finds the one-time code in the link that the node printed: in the fragment, or as ?code=. */
export function codeIn(where: { hash: string; search: string }): string {
  const fragment = decodeURIComponent(where.hash.replace(/^#(code=)?/, ''));
  return fragment || (new URLSearchParams(where.search).get('code') ?? '');
}

/** SetUp makes the owner's account with the one-time code. */
export function SetUp() {
  const say = useWords();
  const make = useSetUp();
  const go = useNavigate();
  const [code, setCode] = useState(() => codeIn(window.location));
  const [linked] = useState(code !== '');
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [short, setShort] = useState(false);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setShort(password.length < least);
    if (password.length >= least) make.mutate({ code: code.trim(), name: name.trim(), email: email.trim(), password }, { onSuccess: () => void go({ to: '/', replace: true }) });
  };
  return (
    <Bare title={say('setup.title')}>
      <Text>{say('setup.intro')}</Text>
      {make.isError && <Trouble error={make.error} focus />}
      <form onSubmit={submit}>
        <Stack>
          {!linked && <TextInput label={say('setup.code')} description={say('setup.codehint')} name="code" autoComplete="off" required withAsterisk={false} value={code} onChange={(e) => setCode(e.currentTarget.value)} />}
          <TextInput label={say('setup.name')} description={say('setup.namehint')} name="name" autoComplete="name" required withAsterisk={false} value={name} onChange={(e) => setName(e.currentTarget.value)} />
          <TextInput label={say('setup.email')} description={say('setup.emailhint')} type="email" name="email" autoComplete="username" required withAsterisk={false} value={email} onChange={(e) => setEmail(e.currentTarget.value)} />
          <PasswordInput label={say('setup.password')} description={say('setup.passwordhint', { n: least })} name="password" autoComplete="new-password" required withAsterisk={false} value={password}
            onChange={(e) => setPassword(e.currentTarget.value)} error={short && password.length < least ? say('setup.passwordshort', { n: least, have: password.length }) : undefined}
            visibilityToggleButtonProps={{ 'aria-label': say('signin.show'), tabIndex: 0 }} />
          <Button type="submit" loading={make.isPending}>{say('setup.make')}</Button>
        </Stack>
      </form>
    </Bare>
  );
}
