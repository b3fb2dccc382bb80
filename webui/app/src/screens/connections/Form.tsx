import { Button, Group, NativeSelect, Radio, Stack, Text, TextInput, Title } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useMemo, useState } from 'react';
import { type Fault, Problem } from '../../api/client';
import { type Connection, type ConnectionBody, type Kind, type Setting, useMappings, usePutConnection } from '../../api/setup';
import { useWords } from '../../i18n/language';
import { Faults, faultAt, faultsOf } from '../../shell/Faults';
import { Needs } from '../../shell/Needs';
import { Notice } from '../../shell/Notice';
import { formId } from '../compose/formId';
import { Field, Forget } from './Field';
import { applies, idFrom, plain, tidy } from './shape';
import { Recipients } from './Recipients';
import { Run } from './Run';
import { Start, Vendor } from './Start';
import { Statement } from './Statement';
import { useKindWords } from './words';

/** Form sets a connection up, or changes it. It is made from what the kind says of its settings. */
export function Form({ kind, now, first, taken, may }: { kind: Kind; now?: Connection; first: ConnectionBody; taken: string[]; may: boolean }) {
  const say = useWords();
  const words = useKindWords();
  const go = useNavigate();
  const save = usePutConnection();
  const mappings = useMappings();
  const [c, setC] = useState(first);
  const [names, setNames] = useState<[string, string][]>(Object.entries(first.recipients ?? {}));
  const [secrets, setSecrets] = useState<Record<string, string>>({});
  const [forgotten, setForgotten] = useState<string[]>([]);
  const change = (part: Partial<ConnectionBody>) => { if (save.isSuccess) save.reset(); setC((v) => ({ ...v, ...part })); };
  const values = c.settings ?? {};
  const list = (kind.settings ?? []).filter((s) => applies(s, kind, { ...values, ...secrets }));
  const open = list.filter((s) => plain(s, kind));
  const folded = list.filter((s) => !plain(s, kind));
  const published = mappings.data?.items ?? [];
  const own = !now && published.some((m) => m.name === kind.name) ? kind.name : ''; // what was made for this kind
  const mapping = c.mapping ?? own;
  // What was left empty is said in the words of this screen, at the top and at its place; the rest as the node says it.
  const onScreen = (f: Fault): Fault => {
    const setting = kind.settings?.find((s) => f.at === `settings.${s.name}`);
    if (f.at === 'mapping' && !mapping) return { at: f.at, sentence: say(published.length ? 'connections.nomapping' : 'connections.nonemapping') };
    if (f.at === 'format') return { at: 'mapping', sentence: f.sentence }; // the format is that of the mapping
    return setting && !values[setting.name] && !secrets[setting.name] ? { at: f.at, sentence: say('connections.empty', { label: words.label(kind, setting) }) } : f;
  };
  const refused = save.error;
  const error = useMemo(() => (refused instanceof Problem ? new Problem(refused.status, refused.code, refused.message, refused.faults.map(onScreen)) : refused), [refused]); // eslint-disable-line react-hooks/exhaustive-deps
  const amiss = folded.some((s) => faultAt(error, `settings.${s.name}`));
  const submit = (e: FormEvent) => {
    e.preventDefault();
    const id = now ? now.id : idFrom(c.name, taken);
    const given = { ...Object.fromEntries(Object.entries(secrets).filter(([, v]) => v !== '')), ...Object.fromEntries(forgotten.map((f) => [f, ''])) };
    const format = mapping === first.mapping ? c.format : undefined; // another mapping brings its own
    save.mutate({ ...tidy({ ...c, id, format, mapping, recipients: Object.fromEntries(names.filter(([n, to]) => n.trim() && to)) }, kind), secrets: given }, {
      onSuccess: () => { setSecrets({}); setForgotten([]); if (!now) void go({ to: '/connections/$id', params: { id } }); },
    });
  };
  const field = (s: Setting) => {
    const kept = now?.state.secrets?.includes(s.name) ?? false;
    return (
      <Stack key={s.name} gap={4}>
        <Field kind={kind} setting={s} disabled={!may} kept={kept} error={faultAt(error, `settings.${s.name}`)} value={(s.type === 'secret' ? secrets[s.name] : values[s.name]) ?? ''}
          onChange={(v) => { if (s.type === 'secret') { save.reset(); setSecrets((all) => ({ ...all, [s.name]: v })); } else change({ settings: { ...values, [s.name]: v } }); }} />
        {kept && may && <Forget name={words.label(kind, s)} on={forgotten.includes(s.name)} onChange={(on) => setForgotten((all) => (on ? [...all, s.name] : all.filter((f) => f !== s.name)))} />}
      </Stack>
    );
  };
  return (
    <Stack>
      <Text>{now?.id === formId ? say('connections.website.form') : words.help(kind)}</Text>
      <Vendor kind={kind} made={now !== undefined} />
      {now && <Run c={now} may={may} />}
      <form onSubmit={submit} noValidate>
        <Stack>
          {save.isError && <Faults error={error} />}
          {save.isSuccess && now && <Notice tone="good" title={say('settings.saved')} alert />}
          <section className="rw-card" aria-labelledby="about">
            <Stack gap="md">
              <Title order={2} size="h4" id="about">{say('connections.about')}</Title>
              <TextInput id="name" label={say('connections.name')} description={say('connections.namehint')} maxLength={100} disabled={!may} value={c.name} onChange={(e) => change({ name: e.currentTarget.value })} />
              {(kind.ways?.length ?? 0) > 1 && (
                <Radio.Group label={say('connections.direction')} value={c.direction} onChange={(direction) => change({ direction })} error={faultAt(error, 'direction')}>
                  <Stack gap="xs" mt="xs">{kind.ways?.map((d) => <Radio key={d} value={d} disabled={!may} label={say(`connections.way.${d}`)} />)}</Stack>
                </Radio.Group>
              )}
              {open.map(field)}
              {folded.length > 0 && <details open={amiss || undefined}><summary>{say('connections.more')}</summary><Stack mt="sm">{folded.map(field)}</Stack></details>}
              {faultsOf(error).filter((f) => f.at === 'settings').map((f) => <Text key={f.sentence} c="red.9">{f.sentence}</Text>)}
            </Stack>
          </section>
          <section className="rw-card" aria-labelledby="fields">
            <Stack gap="sm">
              <Title order={2} size="h4" id="fields">{say('connections.mapping')}</Title>
              <Text>{say('connections.mappinghint')}</Text>
              <NativeSelect id="mapping" label={say('connections.mappingwhich')} disabled={!may} value={mapping} error={faultAt(error, 'mapping')}
                data={[{ value: '', label: say('connections.choose') }, ...published.map((m) => ({ value: m.name ?? '', label: m.name === formId ? say('connections.standard') : (m.name ?? '') }))]} onChange={(e) => change({ mapping: e.currentTarget.value })} />
              {may && !now && <Start kind={kind} />}
              <Link className="rw-link" to="/fields">{say('connections.match')}</Link>
              {c.direction !== 'in' && <Needs label={say('connections.takes')} hint={say('connections.takeshint')} disabled={!may} value={c.needs ?? []} onChange={(needs) => change({ needs })} />}
            </Stack>
          </section>
          {c.direction !== 'out' && <Recipients c={c} names={names} error={error} may={may} onNames={(n) => { save.reset(); setNames(n); }} change={change} />}
          {c.direction !== 'out' && <Statement c={c} error={error} may={may} change={change} />}
          {may && <Group><Button type="submit" loading={save.isPending}>{say(now ? 'connections.save' : 'connections.create')}</Button></Group>}
        </Stack>
      </form>
    </Stack>
  );
}
