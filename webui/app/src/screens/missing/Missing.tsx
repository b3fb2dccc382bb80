import { Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useWords } from '../../i18n/language';
import { useTitle } from '../../shell/title';

/** Missing says that there is no such page. */
export function Missing() {
  const say = useWords();
  useTitle(say('missing.title'));
  return <Stack><Title order={1}>{say('missing.title')}</Title><Text>{say('missing.text')}</Text><Link className="rw-link" to="/">{say('missing.home')}</Link></Stack>;
}
