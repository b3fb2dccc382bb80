import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useAcceptDrift, useDrifts } from '../../api/mapping';
import { useWords } from '../../i18n/language';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';
import { type Doc, isDoc } from './document';
import type { Editor } from './useEditor';

/** Drifting tells what is different in the documents that come over connections with this mapping. Nothing shows while all is as it was. */
export function Drifting({ ed }: { ed: Editor }) {
  const say = useWords();
  const all = useDrifts(ed.name);
  const accept = useAcceptDrift(ed.name);
  const told = (all.data ?? []).filter((d) => (d.drift?.changes ?? []).length > 0);
  if (all.isError) return <Trouble error={all.error} again={() => void all.refetch()} />;
  if (told.length === 0) return null;
  return (
    <Stack gap="sm" component="section" aria-labelledby="drift">
      <Title order={2} size="h4" id="drift">{say('fields.drift')}</Title>
      {accept.isError && <Trouble error={accept.error} focus />}
      {told.map(({ connection, drift }) => (
        <Notice key={connection.id} tone="wait" title={say('fields.drift.of', { connection: connection.name })}>
          <ul className="rw-plain">{drift?.changes?.map((c) => <li key={c.kind + c.field.path}>{c.sentence}</li>)}{drift?.notes?.map((n) => <li key={n}>{n}</li>)}</ul>
          {ed.may && (
            <Group mt="sm">
              {isDoc(drift?.draft) && <Button size="sm" onClick={() => { ed.change(() => drift?.draft as Doc); ed.say(say('fields.said.drafted')); }}>{say('fields.drift.take')}</Button>}
              <Button size="sm" variant="default" loading={accept.isPending} onClick={() => accept.mutate(connection.id)}>{say('fields.drift.right')}</Button>
            </Group>
          )}
          {ed.may && isDoc(drift?.draft) && <Text size="sm" mt="xs">{say('fields.drift.hint')}</Text>}
        </Notice>
      ))}
    </Stack>
  );
}
