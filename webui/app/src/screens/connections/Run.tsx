import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { type Connection, usePause, useRemoveConnection, useTestConnection } from '../../api/setup';
import { useWords } from '../../i18n/language';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';
import { formId } from '../compose/formId';
import { Last, State } from './State';

/** Run is how a connection is now, and what can be done about it. */
export function Run({ c, may }: { c: Connection; may: boolean }) {
  const say = useWords();
  const go = useNavigate();
  const test = useTestConnection();
  const pause = usePause();
  const remove = useRemoveConnection();
  const [sure, setSure] = useState(false);
  return (
    <section className="rw-card" aria-labelledby="run">
      <Stack gap="sm">
        <Group justify="space-between"><Title order={2} size="h4" id="run">{say('connections.now')}</Title><State c={c} /></Group>
        <Last c={c} />
        {test.isError && <Trouble error={test.error} focus />}
        {test.isSuccess && <Notice tone="good" title={say('connections.tested')} alert><Text>{say(c.kind === 'api' ? 'connections.testedapi' : 'connections.testednothing')}</Text></Notice>}
        {pause.isError && <Trouble error={pause.error} focus />}
        {remove.isError && <Trouble error={remove.error} focus />}
        {c.kind === 'api' && c.id !== formId && <Text>{say('connections.apihow')}</Text>}
        {may && (sure ? (
          <Notice tone="bad" title={say('connections.sure', { name: c.name })}>
            <Text mb="sm">{say('connections.suretext')}</Text>
            <Group><Button color="red.9" loading={remove.isPending} onClick={() => remove.mutate(c.id, { onSuccess: () => void go({ to: '/connections' }), onError: () => setSure(false) })}>{say('connections.drop')}</Button><Button variant="default" onClick={() => setSure(false)}>{say('people.keep')}</Button></Group>
          </Notice>
        ) : (
          <Group>
            {!c.paused && <Button loading={test.isPending} onClick={() => test.mutate(c.id)}>{say('connections.test')}</Button>}
            <Button variant="default" loading={pause.isPending} onClick={() => { test.reset(); pause.mutate({ id: c.id, paused: !c.paused }); }}>{say(c.paused ? 'connections.resume' : 'connections.pause')}</Button>
            <Button variant="default" onClick={() => setSure(true)}>{say('connections.drop')}</Button>
          </Group>
        ))}
        {c.paused && <Text className="rw-quiet">{say('connections.pausedhint')}</Text>}
      </Stack>
    </section>
  );
}
