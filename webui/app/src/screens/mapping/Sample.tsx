import { Button, FileButton, Group, NativeSelect, Stack, Text, Textarea } from '@mantine/core';
import { type DragEvent, useState } from 'react';
import { type Came, readSamples } from '../../api/mapping';
import { kindStart, useKinds } from '../../api/setup';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Notice } from '../../shell/Notice';
import { Trouble } from '../../shell/Trouble';
import { formatOf, formats } from './sample';
import type { Editor } from './useEditor';

const mostBytes = 4 << 20;

/** SampleStep takes a document to learn the fields from: pasted, dropped, opened, or one that came before. */
export function SampleStep({ ed, published }: { ed: Editor; published: boolean }) {
  const say = useWords();
  const [text, setText] = useState('');
  const [name, setName] = useState('');
  const [format, setFormat] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [wrong, setWrong] = useState('');
  const [over, setOver] = useState(false);
  const read = async (what: string, from: string, as: string) => {
    if (what.trim() === '') { setWrong('fields.sample.empty'); return; }
    setWrong('');
    setError(undefined);
    setBusy(true);
    try {
      const shape = await ed.learn(what, from, as || formatOf(from, what));
      ed.say(say('fields.sample.read', { fields: shape.fields?.length ?? 0, records: shape.records }));
    } catch (e) {
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  const take = async (file: File | null | undefined) => {
    if (!file) return;
    if (file.size > mostBytes) { setWrong('fields.sample.large'); return; }
    const content = await file.text();
    setText(content);
    setName(file.name);
    await read(content, file.name, format);
  };
  const drop = (e: DragEvent) => {
    e.preventDefault();
    setOver(false);
    void take(e.dataTransfer.files[0]);
  };
  const s = ed.sample;
  return (
    <Stack gap="sm">
      <Text>{say('fields.sample.intro')}</Text>
      {ed.may && (
        <div className="rw-m-drop" data-over={over || undefined} onDragOver={(e) => { e.preventDefault(); setOver(true); }} onDragLeave={() => setOver(false)} onDrop={drop}>
          <Textarea label={say('fields.sample.paste')} description={say('fields.sample.hint')} autosize minRows={3} maxRows={10} spellCheck={false} value={text} error={wrong ? say(wrong) : undefined} onChange={(e) => { setText(e.currentTarget.value); setName(''); }} />
          <Group mt="sm" align="flex-end">
            <NativeSelect label={say('fields.sample.format')} value={format} onChange={(e) => setFormat(e.currentTarget.value)} data={[{ value: '', label: say('fields.format.guess') }, ...formats.map((f) => ({ value: f, label: say(`fields.format.${f}`) }))]} />
            <Button loading={busy} onClick={() => void read(text, name, format)}>{say('fields.sample.go')}</Button>
            <FileButton onChange={(f) => void take(f)} accept=".json,.xml,.csv,.tsv,.txt,.eml,.html,.htm">{(props) => <Button variant="default" {...props}>{say('fields.sample.open')}</Button>}</FileButton>
          </Group>
        </div>
      )}
      {error !== undefined && <Trouble error={error} focus />}
      {ed.may && !s && <Example ed={ed} onTake={(all) => { setText(all); setName(''); setFormat('json'); void read(all, '', 'json'); }} />}
      {ed.may && published && <Last ed={ed} onTake={(c) => { setText(c.text); setName(''); setFormat(c.format); void read(c.text, '', c.format); }} />}
      {s && (
        <Notice tone="good" title={say('fields.sample.understood', { format: say(`fields.format.${s.format}`) })}>
          <Text>{say(s.schema ? 'fields.sample.description' : 'fields.sample.read', { fields: ed.fields.length, records: s.read })}</Text>
          {ed.notes.length > 0 && <ul className="rw-plain">{ed.notes.map((n) => <li key={n}>{n}</li>)}</ul>}
        </Notice>
      )}
      {!s && ed.fields.length > 0 && <Text className="rw-quiet">{say('fields.sample.before', { fields: ed.fields.length })}</Text>}
      {!s && ed.notes.length > 0 && <Notice tone="wait" title={say('fields.notes')}><ul className="rw-plain">{ed.notes.map((n) => <li key={n}>{n}</li>)}</ul></Notice>}
    </Stack>
  );
}

/** Example offers the record that a ready connection of this name brings. It is about an invented person. */
function Example({ ed, onTake }: { ed: Editor; onTake(text: string): void }) {
  const say = useWords();
  const kind = useKinds().data?.items?.find((k) => k.name === ed.name && k.ready);
  const [error, setError] = useState<unknown>();
  if (!kind || ed.doc.side?.format !== 'json') return null;
  const take = async () => {
    setError(undefined);
    try { onTake(JSON.stringify((await kindStart(kind.name)).sample, null, 2)); } catch (e) { setError(e); }
  };
  return (
    <>
      {error !== undefined && <Trouble error={error} focus />}
      <Button className="rw-start" variant="default" onClick={() => void take()}>{say('fields.sample.example', { system: kind.title })}</Button>
    </>
  );
}

/** Last offers the last documents that this mapping converted. That they are read stands in the activity log. */
function Last({ ed, onTake }: { ed: Editor; onTake(c: Came): void }) {
  const say = useWords();
  const times = useTimes();
  const [list, setList] = useState<Came[]>();
  const [error, setError] = useState<unknown>();
  const ask = async () => {
    setError(undefined);
    try { setList((await readSamples(ed.name)).items ?? []); } catch (e) { setError(e); }
  };
  return (
    <Stack gap="xs" align="flex-start">
      {error !== undefined && <Trouble error={error} focus />}
      {!list && <Button className="rw-start" variant="default" onClick={() => void ask()}>{say('fields.last')}</Button>}
      {!list && <Text size="sm" className="rw-quiet">{say('fields.last.hint')}</Text>}
      {list?.length === 0 && <Text role="status">{say('fields.last.none')}</Text>}
      {list && list.length > 0 && <ul className="rw-feed" aria-label={say('fields.last')}>{list.map((c) => <li key={c.referral}><span>{say('fields.last.one', { when: times.moment(c.opened), connection: c.connection })}</span><Button size="xs" variant="default" onClick={() => onTake(c)}>{say('fields.last.take')}</Button></li>)}</ul>}
    </Stack>
  );
}
