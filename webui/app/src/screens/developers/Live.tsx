import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useSession } from '../../api/session';
import { useStream } from '../../api/stream';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';

/** Live shows the event stream as a program gets it, newest first. */
export function Live() {
  const say = useWords();
  const times = useTimes();
  const session = useSession();
  const { events, running, connected, toggle } = useStream(session.data?.organization ?? '');
  return (
    <section className="rw-card" aria-labelledby="live">
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} size="h4" id="live">{say('developers.live')}</Title>
          <Group><Text size="sm" role="status">{say(!running ? 'developers.paused' : connected ? 'developers.connected' : 'shell.notlive')}</Text><Button variant="default" size="xs" onClick={toggle}>{say(running ? 'developers.pause' : 'developers.resume')}</Button></Group>
        </Group>
        <Text>{say('developers.livehint')}</Text>
        {events.length === 0 ? <Text className="rw-quiet">{say('developers.noevents')}</Text> : (
          <div className="rw-code rw-tall" tabIndex={0} role="region" aria-label={say('developers.live')}>
            <table>
              <thead><tr><th scope="col">seq</th><th scope="col">at</th><th scope="col">kind</th><th scope="col">actor</th><th scope="col">subject</th></tr></thead>
              <tbody>{events.map((e) => <tr key={e.seq}><td>{e.seq}</td><td>{times.hour(e.at)}</td><td>{e.kind}</td><td>{e.actor}</td><td>{e.subject}</td></tr>)}</tbody>
            </table>
          </div>
        )}
      </Stack>
    </section>
  );
}
