import { Title } from '@mantine/core';
import { useWords } from '../../i18n/language';
import { useTitle } from '../../shell/title';

export function Inbox() { return <List title="menu.inbox" />; }
export function Sent() { return <List title="menu.sent" />; }

function List({ title }: { title: string }) {
  const say = useWords();
  useTitle(say(title));
  return <Title order={1}>{say(title)}</Title>;
}
