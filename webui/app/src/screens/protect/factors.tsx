import { Button, Checkbox, Group, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call } from '../../api/client';
import { create, type Question, usable } from '../../api/passkey';
import { useWords } from '../../i18n/language';
import { Notice } from '../../shell/Notice';
import { useProve } from '../../shell/StepUp';
import { Trouble } from '../../shell/Trouble';

interface Steps { onCodes: (codes: string[]) => void; onBack: () => void }

/** AddPasskey lets the device make a passkey. */
export function AddPasskey({ onCodes, onBack }: Steps) {
  const say = useWords();
  const prove = useProve();
  const [name, setName] = useState('');
  const [stopped, setStopped] = useState(false);
  const add = useMutation({
    mutationFn: async () => {
      setStopped(false);
      const question = await prove(() => call<Question>('POST', '/v1/account/passkeys:ask'));
      const answer = await create(question).catch(() => undefined);
      if (answer === undefined) { setStopped(true); return undefined; }
      return call<{ codes: string[] | null }>('POST', '/v1/account/passkeys', { name, answer });
    },
    onSuccess: (got) => { if (got) onCodes(got.codes ?? []); },
  });
  if (!usable()) return <Notice tone="wait" title={say('protect.nopasskeys')}><Button variant="default" onClick={onBack}>{say('protect.back')}</Button></Notice>;
  return (
    <form onSubmit={(e) => { e.preventDefault(); add.mutate(); }}>
      <Stack>
        {add.isError && <Trouble error={add.error} focus />}
        {stopped && <Notice tone="wait" title={say('protect.stopped')} alert />}
        <TextInput label={say('protect.name')} description={say('protect.namehint')} value={name} onChange={(e) => setName(e.currentTarget.value)} maxLength={60} />
        <Group><Button type="submit" loading={add.isPending}>{say('protect.makepasskey')}</Button><Button variant="default" onClick={onBack}>{say('protect.back')}</Button></Group>
      </Stack>
    </form>
  );
}

/** AddApp shows a secret to an authenticator app and takes its first code. */
export function AddApp({ onCodes, onBack }: Steps) {
  const say = useWords();
  const prove = useProve();
  const [code, setCode] = useState('');
  const [open, setOpen] = useState(false);
  const key = useQuery({ queryKey: ['session-totp'], queryFn: () => call<{ secret: string; image: string }>('POST', '/v1/account/totp'), staleTime: Infinity, gcTime: 0, refetchOnWindowFocus: false });
  const add = useMutation({
    mutationFn: () => prove(() => call<{ codes: string[] }>('PUT', '/v1/account/totp', { secret: key.data?.secret ?? '', code: code.replace(/\s/g, '') })),
    onSuccess: (got) => onCodes(got.codes),
  });
  if (key.isPending) return <Skeleton h={240} role="status" aria-label={say('shell.loading')} />;
  if (key.isError) return <Trouble error={key.error} again={() => void key.refetch()} />;
  const submit = (e: FormEvent) => { e.preventDefault(); add.mutate(); };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text>{say('protect.scan')}</Text>
        <img src={key.data.image} width={200} height={200} alt={say('protect.picture')} className="rw-qr" />
        <Checkbox label={say('protect.nocamera')} checked={open} onChange={(e) => setOpen(e.currentTarget.checked)} />
        {open && <TextInput label={say('protect.secret')} description={say('protect.secrethint')} readOnly value={key.data.secret.replace(/(.{4})/g, '$1 ').trim()} />}
        {add.isError && <Trouble error={add.error} focus />}
        <TextInput label={say('signin.code')} description={say('protect.codehint')} name="code" inputMode="numeric" autoComplete="one-time-code" required withAsterisk={false} value={code} onChange={(e) => setCode(e.currentTarget.value)} />
        <Group><Button type="submit" loading={add.isPending}>{say('protect.useapp')}</Button><Button variant="default" onClick={onBack}>{say('protect.back')}</Button></Group>
      </Stack>
    </form>
  );
}

/** Codes shows recovery codes, which the node does not show again. */
export function Codes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const say = useWords();
  const [kept, setKept] = useState(false);
  return (
    <Stack>
      <Text>{say('protect.codeswhy')}</Text>
      <ul className="rw-codes" aria-label={say('protect.codes')}>{codes.map((c) => <li key={c}><code>{c}</code></li>)}</ul>
      <Group className="rw-noprint">
        <Button variant="default" onClick={() => window.print()}>{say('protect.print')}</Button>
        <Button variant="default" onClick={() => void navigator.clipboard.writeText(codes.join('\n'))}>{say('protect.copy')}</Button>
      </Group>
      <Checkbox className="rw-noprint" label={say('protect.kept')} checked={kept} onChange={(e) => setKept(e.currentTarget.checked)} />
      <Button disabled={!kept} onClick={onDone}>{say('protect.goon')}</Button>
    </Stack>
  );
}
