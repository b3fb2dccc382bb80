import { Button, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { type Session, useSignOut } from '../../api/session';
import { useWords } from '../../i18n/language';
import { Bare } from '../../shell/Bare';
import { AddApp, AddPasskey, Codes } from './factors';

/** Protect is shown to who has only a password: the account opens nothing before it has more. */
export function Protect({ session, onBegin, onDone }: { session: Session; onBegin: () => void; onDone: () => void }) {
  const say = useWords();
  const out = useSignOut();
  const [how, setHow] = useState<'passkey' | 'app'>();
  const [codes, setCodes] = useState<string[]>();
  const keep = (list: string[]) => { onBegin(); setCodes(list); };
  if (codes) return <Bare title={say('protect.codes')}><Codes codes={codes} onDone={onDone} /></Bare>;
  return (
    <Bare title={say('protect.title')}>
      <Text>{say('protect.why')}</Text>
      {how === undefined && (
        <Stack>
          {session.passkeys && <div><Button fullWidth onClick={() => setHow('passkey')}>{say('protect.passkey')}</Button><Text size="sm" className="rw-quiet" mt={4}>{say('protect.passkeyhint')}</Text></div>}
          <div><Button fullWidth variant={session.passkeys ? 'default' : 'filled'} onClick={() => setHow('app')}>{say('protect.app')}</Button><Text size="sm" className="rw-quiet" mt={4}>{say('protect.apphint')}</Text></div>
          <Button variant="default" loading={out.isPending} onClick={() => out.mutate()}>{say('shell.signout')}</Button>
        </Stack>
      )}
      {how === 'passkey' && <AddPasskey onCodes={keep} onBack={() => setHow(undefined)} />}
      {how === 'app' && <AddApp onCodes={keep} onBack={() => setHow(undefined)} />}
    </Bare>
  );
}
