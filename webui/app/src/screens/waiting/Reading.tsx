import { Checkbox, Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link, useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useForm } from '../../api/compose';
import { useSession } from '../../api/session';
import { useOpened, useWaitingDocument, type Opened } from '../../api/waiting';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { Writing } from '../compose/Compose';
import { drafted } from '../compose/form';
import { formId } from '../compose/formId';
import { reasons } from './WaitingScreen';

/** Reading shows what no machine may act on, as text, and beside it the form, filled with what could be read. What is sent from it takes its place. */
export function Reading() {
  const say = useWords();
  const { id } = useParams({ strict: false }) as { id: string };
  useTitle(say('reading.title'));
  const session = useSession();
  const may = session.data?.can.includes('referrals.work') ?? false;
  const form = useForm(session.data?.can.includes('setup.read') ?? false);
  const item = useWaitingDocument(id);
  const opened = useOpened(id, form.data?.ready ? formId : undefined, !form.isPending);
  const [files, setFiles] = useState<number[]>([]);
  const fill = useMemo(() => drafted((opened.data?.filled ?? {}) as Record<string, unknown>), [opened.data]);
  const read = useMemo(() => ({ id, files, fill }), [id, files, fill]);
  const error = item.error ?? opened.error;
  return (
    <Stack>
      <div><Link className="rw-link" to="/waiting">{say('menu.person')}</Link></div>
      <Title order={1}>{say('reading.title')}</Title>
      {error && <Trouble error={error} again={() => { void item.refetch(); void opened.refetch(); }} />}
      {!error && !opened.data && <Skeleton h={200} role="status" aria-label={say('shell.loading')} />}
      {opened.data && (
        <div className="rw-reading">
          <section className="rw-card" aria-labelledby="reading-original">
            <Original id={id} o={opened.data} why={reasons(item.data?.sentence ?? '')} evidence={item.data?.evidence ?? []} files={files} choose={may ? setFiles : undefined} />
          </section>
          {may && <section aria-label={say('reading.form')}><Stack>
            {Object.keys(fill).length > 0 && <Notice tone="now" title={say('reading.filled')}>{say('reading.check')}</Notice>}
            <Writing order={2} read={read} />
          </Stack></section>}
        </div>
      )}
    </Stack>
  );
}

interface OriginalProps { id: string; o: Opened; why: string[]; evidence: string[]; files: number[]; choose?: (files: number[]) => void }

function Original({ id, o, why, evidence, files, choose }: OriginalProps) {
  const say = useWords();
  const times = useTimes();
  const all = o.files ?? [];
  return (
    <Stack gap="sm">
      <Title order={2} size="h4" id="reading-original">{say('reading.original')}</Title>
      <ul className="rw-plain">{why.map((r) => <li key={r}>{r}</li>)}</ul>
      <dl className="rw-facts">
        {o.from && <><dt>{say('reading.from')}</dt><dd dir="auto">{o.from}</dd></>}
        {o.subject && <><dt>{say('reading.subject')}</dt><dd dir="auto">{o.subject}</dd></>}
        {o.sent ? <><dt>{say('reading.sent')}</dt><dd>{times.moment(o.sent)}</dd></> : null}
        <dt>{say('reading.proof')}</dt><dd>{evidence.length ? evidence.join('\n') : say('reading.noproof')}</dd>
      </dl>
      {o.sentence && <Notice tone="wait" title={o.sentence} />}
      <div className="rw-letter rw-text" dir="auto" tabIndex={0} role="region" aria-label={say('reading.text')}>{o.text || say('reading.notext')}</div>
      {all.length > 0 && (
        <div>
          <Text fw={600} component="h3">{say('reading.files')}</Text>
          <ul className="rw-feed">{all.map((f, i) => (
            <li key={f.url}>
              <a className="rw-link" href={f.url} download dir="auto">{f.name}</a>
              {choose && <Checkbox size="sm" label={say('reading.along')} aria-label={say('reading.alongwhat', { name: f.name })} checked={files.includes(i)} onChange={(e) => choose(e.currentTarget.checked ? [...files, i].sort((a, b) => a - b) : files.filter((n) => n !== i))} />}
            </li>
          ))}</ul>
          <Text className="rw-quiet">{say('reading.care')}</Text>
        </div>
      )}
      <div><a className="rw-link" href={`/v1/waiting/${id}/original`} download>{say('waiting.original')}</a></div>
    </Stack>
  );
}
