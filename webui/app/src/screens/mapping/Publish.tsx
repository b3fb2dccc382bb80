import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { type Trial, type Version, useDrifts, useGiveUp, usePublish, useRollBack, useVersions } from '../../api/mapping';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';
import type { Editor } from './useEditor';

interface PublishProps { ed: Editor; trial: { data?: Trial; error: unknown; isError: boolean; isFetching: boolean; refetch(): unknown }; current: Version | undefined; onPublished(v: Version): void; onReload(): void }

/** PublishStep says what would be different for whom, and publishes. */
export function PublishStep({ ed, trial, current, onPublished, onReload }: PublishProps) {
  const say = useWords();
  const publish = usePublish(ed.name);
  const drop = useGiveUp(ed.name);
  const using = useDrifts(ed.name);
  const [done, setDone] = useState<number>();
  const [error, setError] = useState<unknown>();
  const ok = ed.checked.data?.ok ?? false;
  const t = trial.data;
  const bad = t?.failed?.length ?? 0;
  const same = ok && current !== undefined && ed.checked.data?.hash === current.hash;
  const stops = [!ok && ed.checked.isSuccess && say('fields.publish.mistakes', { n: ed.mistakes.length }), ed.doc.rules.length === 0 && say('fields.publish.empty'), !ed.seen && say('fields.publish.values'), bad > 0 && say('fields.publish.tests', { n: bad }), same && say('fields.publish.same')].filter((s): s is string => typeof s === 'string');
  const go = async () => {
    setError(undefined);
    setDone(undefined);
    try {
      const revision = await ed.flush();
      const v = await publish.mutateAsync(revision);
      ed.published();
      onPublished({ name: v.name, hash: v.hash, n: v.n, by: v.by, published: v.published });
      setDone(v.n);
      ed.say(say('fields.said.published', { n: v.n }));
    } catch (e) {
      setError(e);
    }
  };
  const connections = using.data?.map((d) => d.connection.name) ?? [];
  return (
    <Stack gap="md">
      {done !== undefined && same && <Notice tone="good" title={say('fields.published', { n: done })}><Text>{say(connections.length > 0 ? 'fields.published.next' : 'fields.published.connect')}</Text></Notice>}
      {error !== undefined && <Trouble error={error} focus />}
      {ok && !same && (
        <div>
          <Title order={3} size="h5">{say('fields.diff')}</Title>
          {current === undefined ? <Text>{say('fields.diff.first', { n: ed.doc.rules.length })}</Text>
            : (t?.differences ?? []).length === 0 ? <Text>{say(trial.isFetching ? 'shell.loading' : 'fields.diff.none')}</Text>
              : <ul className="rw-plain">{t?.differences?.map((d, i) => <li key={`${i}`}>{d.text}</li>)}</ul>}
        </div>
      )}
      {trial.isError && ok && <Trouble error={trial.error} again={() => void trial.refetch()} />}
      {ok && t?.rerun && (
        <Notice tone={(t.rerun.fails ?? []).length > 0 ? 'bad' : 'good'} title={say('fields.rerun', { works: t.rerun.works, fails: t.rerun.fails?.length ?? 0 })}>
          {(t.rerun.fails ?? []).length > 0 && <ul className="rw-plain">{t.rerun.fails?.map((f) => <li key={f.referral}>{(f.reasons ?? []).map((r) => r.sentence).join(' ')}</li>)}</ul>}
        </Notice>
      )}
      {using.isSuccess && <Text>{connections.length > 0 ? say('fields.affected', { n: connections.length, list: connections.join(', ') }) : say('fields.affected.none')}</Text>}
      {ed.may && stops.length > 0 && <div><Text fw={600}>{say(same ? 'fields.publish.nothing' : 'fields.publish.first')}</Text><ul className="rw-plain">{stops.map((s) => <li key={s}>{s}</li>)}</ul></div>}
      {ed.may && (
        <Group>
          <Button loading={publish.isPending} disabled={stops.length > 0 || !ok} onClick={() => void go()}>{say('fields.publish')}</Button>
          {ed.saving.state === 'saved' && current && !same && <Button variant="default" loading={drop.isPending} onClick={() => drop.mutate(undefined, { onSuccess: onReload })}>{say('fields.giveup')}</Button>}
        </Group>
      )}
      {drop.isError && <Trouble error={drop.error} focus />}
      <Versions ed={ed} onReload={onReload} />
    </Stack>
  );
}

function Versions({ ed, onReload }: { ed: Editor; onReload(): void }) {
  const say = useWords();
  const times = useTimes();
  const list = useVersions(ed.name);
  const back = useRollBack(ed.name);
  const [asked, setAsked] = useState<string>();
  const all = list.data ?? [];
  if (all.length === 0) return null;
  return (
    <section aria-labelledby="versions">
      <Title order={3} size="h5" id="versions">{say('fields.versions')}</Title>
      {back.isError && <Trouble error={back.error} focus />}
      <ul className="rw-feed">
        {all.map((v, i) => (
          <li key={v.n}>
            <span><b>{say('fields.version', { n: v.n })}</b> <Text span size="sm" className="rw-quiet">{times.moment(v.published)}</Text></span>
            {i === 0 && <span className="rw-tag" data-tone="good">{say('fields.current')}</span>}
            {i > 0 && ed.may && v.hash !== all[0]?.hash && asked !== v.hash && <Button size="xs" variant="default" aria-label={say('fields.rollback.named', { n: v.n })} onClick={() => setAsked(v.hash)}>{say('fields.rollback')}</Button>}
            {asked === v.hash && <Group gap="xs"><Text size="sm">{say('fields.rollback.sure', { n: v.n })}</Text><Button size="xs" loading={back.isPending} onClick={() => back.mutate(v.hash, { onSuccess: () => { setAsked(undefined); onReload(); } })}>{say('fields.rollback.yes')}</Button><Button size="xs" variant="default" onClick={() => setAsked(undefined)}>{say('fields.rollback.no')}</Button></Group>}
          </li>
        ))}
      </ul>
    </section>
  );
}
