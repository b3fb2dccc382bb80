import { Button, PasswordInput, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import { lookAtLink, useSetUp } from '../../api/session';
import { useWords } from '../../i18n/language';
import { Bare } from '../../shell/Bare';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';

const least = 15; // characters of a password

/** codeIn finds the one-time code in the link that the node printed: in the fragment, which no server sees. */
export function codeIn(where: { hash: string }): string {
  return decodeURIComponent(where.hash.replace(/^#(code=)?/, '')).trim();
}

/** SetUp makes an account, or a new password, with a one-time link. */
export function SetUp() {
  const say = useWords();
  const [code, setCode] = useState(() => codeIn(window.location));
  const [typed, setTyped] = useState('');
  // The code is a secret: it does not stay in the address, nor in the browser's history.
  useEffect(() => { if (window.location.hash) window.history.replaceState(null, '', window.location.pathname); }, []);
  const link = useQuery({ queryKey: ['session-link', code], queryFn: () => lookAtLink(code), enabled: code !== '', retry: false, staleTime: Infinity });
  const ask = (e: FormEvent) => { e.preventDefault(); setCode(codeIn({ hash: typed.includes('#') ? typed.slice(typed.indexOf('#')) : `#${typed}` })); };
  if (link.data) return <Make code={code} link={link.data} />;
  return (
    <Bare title={say('setup.title')}>
      <Text>{say('setup.open')}</Text>
      {link.isFetching && <Skeleton h={80} role="status" aria-label={say('shell.loading')} />}
      {link.isError && <Trouble error={link.error} focus />}
      <form onSubmit={ask}>
        <Stack>
          <TextInput label={say('setup.code')} description={say('setup.codehint')} name="code" autoComplete="off" required withAsterisk={false} value={typed} onChange={(e) => setTyped(e.currentTarget.value)} />
          <Button type="submit" loading={link.isFetching}>{say('setup.next')}</Button>
        </Stack>
      </form>
    </Bare>
  );
}

function Make({ code, link }: { code: string; link: { first: boolean; name?: string; email?: string } }) {
  const say = useWords();
  const make = useSetUp();
  const go = useNavigate();
  const [name, setName] = useState(link.name ?? '');
  const [email, setEmail] = useState(link.email ?? '');
  const [password, setPassword] = useState('');
  const [short, setShort] = useState(false);
  const [changed, setChanged] = useState(false);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setShort(password.length < least);
    if (password.length < least) return;
    make.mutate({ code, name: name.trim(), email: email.trim(), password }, {
      onSuccess: (s) => { if (s.signedIn) void go({ to: '/', replace: true }); else setChanged(true); },
    });
  };
  if (changed) return <Bare title={say('setup.title')}><Notice tone="good" title={say('setup.changed')}><Text mb="sm">{say('setup.changednext')}</Text><Button component="a" href="/">{say('signin.enter')}</Button></Notice></Bare>;
  return (
    <Bare title={say('setup.title')}>
      <Text>{say(link.first ? 'setup.intro' : 'setup.invited')}</Text>
      {make.isError && <Trouble error={make.error} focus />}
      <form onSubmit={submit}>
        <Stack>
          <TextInput label={say('setup.name')} description={say('setup.namehint')} name="name" autoComplete="name" required withAsterisk={false} value={name} onChange={(e) => setName(e.currentTarget.value)} />
          <TextInput label={say('setup.email')} description={say('setup.emailhint')} type="email" name="email" autoComplete="username" required withAsterisk={false} readOnly={!link.first} value={email} onChange={(e) => setEmail(e.currentTarget.value)} />
          <PasswordInput label={say('setup.password')} description={say('setup.passwordhint', { n: least })} name="password" autoComplete="new-password" required withAsterisk={false} value={password}
            onChange={(e) => setPassword(e.currentTarget.value)} error={short && password.length < least ? say('setup.passwordshort', { n: least, have: password.length }) : undefined}
            visibilityToggleButtonProps={{ 'aria-label': say('signin.show'), tabIndex: 0 }} />
          <Button type="submit" loading={make.isPending}>{say('setup.make')}</Button>
        </Stack>
      </form>
    </Bare>
  );
}
