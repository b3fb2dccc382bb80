import { Title } from '@mantine/core';
import { useWords } from '../../i18n/language';
import { useTitle } from '../../shell/title';

export function Home() {
  const say = useWords();
  useTitle(say('menu.home'));
  return <Title order={1}>{say('menu.home')}</Title>;
}
