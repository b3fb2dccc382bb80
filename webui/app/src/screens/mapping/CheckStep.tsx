import { Button, Group, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconAlertTriangle, IconArrowsExchange, IconCircleCheck, IconClockPause, IconHelpCircle, IconLock, IconPlus, IconX } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { type RanOne, type Trial, useExamples, useRun } from '../../api/mapping';
import { useWords } from '../../i18n/language';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';
import { byFate, type Fate, tell, testOf } from './check';
import { addTest, dropTest } from './document';
import { recordsIn } from './sample';
import type { Editor } from './useEditor';

const icons: Record<Fate, typeof IconCircleCheck> = { same: IconCircleCheck, changed: IconArrowsExchange, filled: IconPlus, look: IconHelpCircle, missing: IconAlertTriangle, waits: IconClockPause, extra: IconPlus, stays: IconLock, empty: IconX };

/** CheckStep shows one record there and back, as the node that sends would convert it. */
export function CheckStep({ ed, trial, place }: { ed: Editor; trial: Trial | undefined; place(p: string): string }) {
  const say = useWords();
  const [at, setAt] = useState(0);
  const choices = useMemo(() => [
    ...(ed.sample?.records ?? []).map((text, i) => ({ text, label: say('fields.check.record', { n: i + 1 }) })),
    ...(ed.doc.tests ?? []).filter((t) => t.direction === 'in').map((t) => ({ text: recordsIn(t.input, ed.doc.side.format)[0] ?? t.input, label: say('fields.check.test', { name: t.name }) })),
  ], [ed.sample, ed.doc.tests, ed.doc.side.format, say]);
  const record = choices[Math.min(at, choices.length - 1)]?.text ?? '';
  const good = ed.checked.data?.ok ?? false;
  const run = useRun(ed.settled, ed.name, record, ed.may && good);
  const ours = useExamples(record, ed.doc.side.format);
  const one = run.data?.results?.[0];
  if (!ed.may) return <Text>{say('fields.check.readonly')}</Text>;
  return (
    <Stack gap="md">
      <Text>{say('fields.check.intro')}</Text>
      {choices.length === 0 && <Text fw={600}>{say('fields.check.nothing')}</Text>}
      {choices.length > 0 && <NativeSelect label={say('fields.check.which')} value={String(Math.min(at, choices.length - 1))} onChange={(e) => setAt(Number(e.currentTarget.value))} data={choices.map((c, i) => ({ value: String(i), label: c.label }))} maw={360} />}
      {choices.length > 0 && !good && ed.checked.isSuccess && <Notice tone="wait" title={say('fields.check.mistakes')} />}
      {run.isError && good && <Trouble error={run.error} again={() => void run.refetch()} />}
      {one && good && <Result ed={ed} one={one} ours={ours.data ?? new Map()} place={place} />}
      {(run.data?.results?.length ?? 0) > 1 && <Text>{say('fields.check.several', { n: run.data?.results?.length ?? 0 })}</Text>}
      <Tests ed={ed} trial={trial} one={good ? one : undefined} record={record} />
    </Stack>
  );
}

function Result({ ed, one, ours, place }: { ed: Editor; one: RanOne; ours: Map<string, string>; place(p: string): string }) {
  const say = useWords();
  const home = useExamples(one.back?.document ?? '', ed.doc.side.format === 'mail' ? 'mail' : ed.doc.side.format);
  const lines = useMemo(() => tell(ed.doc, one, ours, home.data ?? new Map()).sort(byFate), [ed.doc, one, ours, home.data]);
  const count = (...f: Fate[]) => lines.filter((l) => f.includes(l.fate)).length;
  return (
    <>
      {(one.holds ?? []).length > 0 && <Notice tone="wait" title={say('fields.check.holds')}><ul className="rw-plain">{one.holds?.map((h) => <li key={h.sentence}>{h.sentence}</li>)}</ul></Notice>}
      <Text role="status">{say('fields.check.sum', { good: count('same', 'changed', 'filled'), look: count('look', 'missing', 'waits'), extra: count('extra'), stays: count('stays') })}</Text>
      <div className="rw-m-tablebox" tabIndex={0} role="region" aria-label={say('fields.check.table')}>
        <table className="rw-m-check">
          <thead><tr><th scope="col">{say('fields.check.field')}</th><th scope="col">{say('fields.check.ours')}</th><th scope="col">{say('fields.check.there')}</th><th scope="col">{say('fields.check.home')}</th><th scope="col">{say('fields.check.what')}</th></tr></thead>
          <tbody>
            {lines.map((l) => {
              const Icon = icons[l.fate];
              return (
                <tr key={l.key} data-fate={l.fate}>
                  <th scope="row">{l.label}</th>
                  <td data-label={say('fields.check.ours')}>{l.ours || '–'}</td>
                  <td data-label={say('fields.check.there')}>{l.standard && <span className="rw-quiet">{place(l.standard)}: </span>}{l.there || '–'}</td>
                  <td data-label={say('fields.check.home')}>{l.home || '–'}</td>
                  <td data-label={say('fields.check.what')}><span className="rw-m-fate" data-fate={l.fate}><Icon size={18} aria-hidden /> {say(`fields.fate.${l.fate}`)}</span>{l.reason && <Text size="xs" className="rw-quiet">{l.reason}</Text>}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <details>
        <summary>{say('fields.letter')}</summary>
        <div className="rw-m-letter" lang={one.back?.letter?.language}>
          {(one.back?.letter?.lines ?? []).map((l, i) => (l.heading ? <Title key={`${i}`} order={4} size="h6" mt="sm">{l.label}</Title> : <p key={`${i}`}><b>{l.label}:</b> {l.value}</p>))}
        </div>
      </details>
      <details><summary>{say('fields.raw.home')}</summary><pre className="rw-m-pre" tabIndex={0}>{one.back?.document ?? ''}</pre></details>
    </>
  );
}

function Tests({ ed, trial, one, record }: { ed: Editor; trial: Trial | undefined; one: RanOne | undefined; record: string }) {
  const say = useWords();
  const [name, setName] = useState('');
  const [wrong, setWrong] = useState(false);
  const tests = ed.doc.tests ?? [];
  const broken = (n: string) => (trial?.failed ?? []).filter((s) => s.startsWith(`Test "${n}":`));
  const add = () => {
    setWrong(name.trim() === '');
    if (!one || name.trim() === '') return;
    ed.change((d) => addTest(d, testOf(d, one, name.trim(), record)));
    ed.say(say('fields.said.test', { name: name.trim() }));
    setName('');
  };
  return (
    <section aria-labelledby="stored-tests">
      <Stack gap="xs">
        <Title order={3} size="h5" id="stored-tests">{say('fields.tests')}</Title>
        <Text size="sm">{say('fields.tests.intro')}</Text>
        {tests.length > 0 && (
          <ul className="rw-feed">
            {tests.map((t) => (
              <li key={t.name}>
                <span><b>{t.name}</b> <Text span size="sm" className="rw-quiet">{say('fields.tests.expects', { n: Object.keys(t.expect).length })}</Text></span>
                {trial && <span className="rw-m-fate" data-fate={broken(t.name).length > 0 ? 'missing' : 'same'}>{broken(t.name).length > 0 ? <IconAlertTriangle size={18} aria-hidden /> : <IconCircleCheck size={18} aria-hidden />} {say(broken(t.name).length > 0 ? 'fields.tests.bad' : 'fields.tests.good')}</span>}
                <Button size="xs" variant="default" aria-label={say('fields.tests.drop.named', { name: t.name })} onClick={() => ed.change((d) => dropTest(d, t.name))}>{say('fields.tests.drop')}</Button>
                {broken(t.name).length > 0 && <Text size="sm" w="100%">{broken(t.name).join(' ')}</Text>}
              </li>
            ))}
          </ul>
        )}
        {one && (
          <Group align="flex-end" gap="sm">
            <TextInput label={say('fields.tests.name')} description={say('fields.tests.keep')} value={name} maxLength={100} onChange={(e) => setName(e.currentTarget.value)} error={wrong && name.trim() === '' ? say('fields.tests.noname') : undefined} />
            <Button variant="default" onClick={add}>{say('fields.tests.add')}</Button>
          </Group>
        )}
      </Stack>
    </section>
  );
}
