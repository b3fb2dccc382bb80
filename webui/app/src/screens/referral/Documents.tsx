import { Stack, Text, Title } from '@mantine/core';
import { useIntl } from 'react-intl';
import type { Schemas } from '../../api/client';
import { useFiles } from '../../api/referrals';
import { useWords } from '../../i18n/language';

/** Documents are the files that came along or were sent along. They are downloads: nothing of them is shown here. */
export function Documents({ id, left }: { id: string; left?: boolean }) {
  const say = useWords();
  const files = useFiles(id).data ?? [];
  if (files.length === 0) return null;
  return (
    <section className="rw-card" aria-label={say('files.title')}>
      <Stack gap="sm">
        <Title order={2} size="h4">{say('files.title')}</Title>
        {left && <Text>{say('files.left')}</Text>}
        <ul>{files.map((f) => <File key={f.id} f={f} />)}</ul>
      </Stack>
    </section>
  );
}

function File({ f }: { f: Schemas['FileRow'] }) {
  const say = useWords();
  const { formatNumber } = useIntl();
  const name = f.name || say('files.nameless');
  return (
    <li>
      {f.state === 'here' && f.url ? <a className="rw-link" href={f.url} download={f.name} dir="auto">{name}</a> : <span dir="auto">{name}</span>}{' '}
      <Text span size="sm" className="rw-quiet">
        {f.size > 0 && say('files.size', { kb: formatNumber(Math.max(1, Math.round(f.size / 1024))) })}{f.state !== 'here' && ` · ${say(`files.${f.state}`)}`}
      </Text>
    </li>
  );
}
