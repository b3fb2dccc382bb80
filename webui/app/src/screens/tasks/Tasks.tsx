import { Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useSession } from '../../api/session';
import { useTasks } from '../../api/tasks';
import { useWords } from '../../i18n/language';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { progress, type State, type Task } from './list';

const tones: Record<State, string> = { done: 'good', going: 'wait', todo: 'now', skip: 'over' };

/** Tasks is the list of what an organization needs before its first referral. It can be done in any order and left at any time. */
export function Tasks() {
  const say = useWords();
  useTitle(say('menu.start'));
  const session = useSession();
  const list = useTasks(true);
  const can = session.data?.can ?? [];
  const at = list.data && progress(list.data, can);
  return (
    <Stack maw={760}>
      <Title order={1}>{say('tasks.title')}</Title>
      <Text>{say('tasks.intro')}</Text>
      {list.error !== undefined && list.error !== null && <Trouble error={list.error} again={list.again} />}
      {!list.data && !list.error && <Skeleton h={320} role="status" aria-label={say('shell.loading')} />}
      {at && at.done === at.of && <Notice tone="good" title={say('tasks.ready')}><Text>{say('tasks.readynext')}</Text></Notice>}
      {list.data && at && (
        <section className="rw-card" aria-labelledby="tasks">
          <Title order={2} size="h4" id="tasks">{say('tasks.count', { done: at.done, of: at.of })}</Title>
          <ol className="rw-tasks">{list.data.map((t) => <One key={t.id} task={t} may={can.includes(t.can)} />)}</ol>
        </section>
      )}
    </Stack>
  );
}

function One({ task: t, may }: { task: Task; may: boolean }) {
  const say = useWords();
  const name = say(`tasks.${t.id}`);
  return (
    <li>
      {may ? <Link className="rw-link" to={t.to}>{name}</Link> : <span>{name}</span>}
      <span className="rw-tag" data-tone={tones[t.state]}>{say(`tasks.state.${t.state}`)}</span>
      <Text component="p" size="sm" className="rw-quiet">{say(t.state === 'skip' ? 'tasks.fields.skip' : may ? `tasks.${t.id}.why` : 'tasks.ask')}</Text>
    </li>
  );
}
