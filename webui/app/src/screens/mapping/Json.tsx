import { Button, Group, Stack, Text, Textarea } from '@mantine/core';
import { useState } from 'react';
import { checkDoc } from '../../api/mapping';
import { useWords } from '../../i18n/language';
import { Notice } from '../../shell/Notice';
import { type Doc, isDoc } from './document';
import type { Editor } from './useEditor';

/** Json is the whole document as text, to be changed by who knows how. Taking it over is one act, which can be undone. */
export function Json({ ed }: { ed: Editor }) {
  const say = useWords();
  const [text, setText] = useState<string>();
  const [told, setTold] = useState<{ good: boolean; words: string[] }>();
  const shown = text ?? JSON.stringify(ed.doc, null, 2);
  const read = (): Doc | undefined => {
    try {
      const d: unknown = JSON.parse(shown);
      if (isDoc(d)) return d;
    } catch { /* told below */ }
    setTold({ good: false, words: [say('fields.json.broken')] });
    return undefined;
  };
  const check = async () => {
    const d = read();
    if (!d) return;
    try {
      const c = await checkDoc(d);
      setTold({ good: c.ok, words: (c.problems ?? []).map((p) => p.sentence) });
    } catch (e) {
      setTold({ good: false, words: [e instanceof Error ? e.message : ''] });
    }
  };
  const use = () => {
    const d = read();
    if (!d) return;
    ed.change(() => d);
    setText(undefined);
    setTold(undefined);
    ed.say(say('fields.said.json'));
  };
  return (
    <details className="rw-card">
      <summary>{say('fields.json')}</summary>
      <Stack gap="sm">
        <Text size="sm">{say('fields.json.hint')}</Text>
        <Textarea label={say('fields.json.document')} autosize minRows={10} maxRows={30} spellCheck={false} readOnly={!ed.may} className="rw-m-code" value={shown} onChange={(e) => { setText(e.currentTarget.value); setTold(undefined); }} />
        {told && <Notice tone={told.good ? 'good' : 'bad'} title={say(told.good ? 'fields.json.good' : 'fields.mistakes', { n: told.words.length })} alert>{told.words.length > 0 && <ul className="rw-plain">{told.words.map((w) => <li key={w}>{w}</li>)}</ul>}</Notice>}
        {ed.may && <Group><Button variant="default" onClick={() => void check()}>{say('fields.json.check')}</Button><Button variant="default" disabled={text === undefined} onClick={use}>{say('fields.json.use')}</Button></Group>}
      </Stack>
    </details>
  );
}
