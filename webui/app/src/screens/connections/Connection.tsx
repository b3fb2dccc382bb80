import { Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link, useParams, useSearch } from '@tanstack/react-router';
import { useSession } from '../../api/session';
import { useConnections, useKinds } from '../../api/setup';
import { useWords } from '../../i18n/language';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { formId } from '../compose/formId';
import { Form } from './Form';
import { apiKind, body, fresh } from './shape';
import { useKindWords } from './words';

/** ConnectionPage is one connection, or a new one of a kind. */
export function ConnectionPage() {
  const say = useWords();
  const words = useKindWords();
  const { id } = useParams({ strict: false }) as { id: string };
  const { kind: wanted } = useSearch({ strict: false }) as { kind?: string };
  const session = useSession();
  const list = useConnections();
  const kinds = useKinds();
  const now = list.data?.items?.find((c) => c.id === id);
  const kind = [...(kinds.data?.items ?? []), apiKind].find((k) => k.name === (id === 'new' ? wanted : now?.kind));
  const title = id === formId ? say('connections.form') : (now?.name ?? (kind ? words.title(kind) : say('menu.connections')));
  useTitle(title);
  const trouble = list.error ?? kinds.error;
  return (
    <Stack maw={760}>
      <Link className="rw-link" to="/connections">{say('connections.all')}</Link>
      <Title order={1}>{title}</Title>
      {trouble && <Trouble error={trouble} again={() => { void list.refetch(); void kinds.refetch(); }} />}
      {!trouble && (!list.data || !kinds.data) && <Skeleton h={240} role="status" aria-label={say('shell.loading')} />}
      {list.data && kinds.data && (kind && (now || id === 'new')
        ? <Form key={id + kind.name} kind={kind} now={now} first={now ? body(now) : fresh(kind, words.title(kind))} taken={(list.data.items ?? []).map((c) => c.id)} may={session.data?.can.includes('setup.change') ?? false} />
        : <div className="rw-card"><Text>{say('connections.gone')}</Text></div>)}
    </Stack>
  );
}
