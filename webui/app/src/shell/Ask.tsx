import { Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useRef, useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { call } from '../api/client';
import { answer, usable } from '../api/passkey';
import { askPasskey, sessionKey, useAccount } from '../api/session';
import { useWords } from '../i18n/language';
import { Trouble } from './Trouble';

export interface Asked { go: () => void; stop: () => void }

/** Ask takes the proof: a passkey, the code of an app, or the password. */
export function Ask({ asked }: { asked: Asked }) {
  const say = useWords();
  const factors = useAccount();
  const queries = useQueryClient();
  const [code, setCode] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const done = async (what: () => Promise<unknown>) => {
    setBusy(true);
    setError(undefined);
    try {
      await call('POST', '/v1/session/step-up', await what());
      void queries.invalidateQueries({ queryKey: sessionKey });
      asked.go();
    } catch (e) {
      setError(e);
      setCode('');
      field.current?.focus();
    } finally {
      setBusy(false);
    }
  };
  const submit = (e: FormEvent) => {
    e.preventDefault();
    void done(async () => (factors.data?.totp ? { code: code.replace(/\s/g, '') } : { password }));
  };
  const keys = (factors.data?.passkeys.length ?? 0) > 0 && usable();
  return (
    <Modal opened onClose={asked.stop} title={say('proof.title')} closeButtonProps={{ 'aria-label': say('proof.stop') }} centered>
      <form onSubmit={submit}>
        <Stack>
          <Text>{say('proof.why')}</Text>
          {error !== undefined && <Trouble error={error} focus />}
          {keys && <Button type="button" loading={busy} onClick={() => void done(async () => ({ passkey: await answer(await askPasskey()) }))}>{say('proof.passkey')}</Button>}
          {factors.data?.totp && <TextInput ref={field} label={say('signin.code')} description={say('signin.codehint')} inputMode="numeric" autoComplete="one-time-code" required withAsterisk={false} value={code} onChange={(e) => setCode(e.currentTarget.value)} data-autofocus />}
          {factors.data && !factors.data.totp && !keys && <PasswordInput label={say('signin.password')} autoComplete="current-password" required withAsterisk={false} value={password} onChange={(e) => setPassword(e.currentTarget.value)} visibilityToggleButtonProps={{ 'aria-label': say('signin.show'), tabIndex: 0 }} data-autofocus />}
          <Group>
            {(factors.data?.totp || (factors.data && !keys)) && <Button type="submit" loading={busy}>{say('proof.go')}</Button>}
            <Button type="button" variant="default" onClick={asked.stop}>{say('proof.stop')}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
