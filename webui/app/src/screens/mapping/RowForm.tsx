import { Button, Checkbox, Drawer, Group, MultiSelect, NativeSelect, Radio, Stack, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { checkDoc } from '../../api/mapping';
import { useWords } from '../../i18n/language';
import { Notice } from '../../shell/Notice';
import { changeRule, directionOf, dropRule, localsOf, lock, replaceRule, type Rule, unlock } from './document';
import { argument, argumentsOf, type Fn, fnOf, functions, stepsOf, withArgument } from './functions';
import type { Row } from './rows';
import type { Editor } from './useEditor';

interface FormProps { row: Row; ed: Editor; place(p: string): string; onLock(r: Row): void; onPart(local: string): void; onClose(): void }

/** RowForm is all that can be said of how one field is matched. */
export function RowForm({ row, ed, place, onLock, onPart, onClose }: FormProps) {
  const say = useWords();
  return (
    <Drawer opened onClose={onClose} position="right" size="md" title={say('fields.form', { field: row.label })} closeButtonProps={{ 'aria-label': say('fields.close') }}>
      <Stack>
        {row.rules.map((r) => <RuleForm key={r.id} rule={r} ed={ed} place={place} />)}
        {row.local !== '' && <Lock row={row} ed={ed} onLock={onLock} />}
        {ed.may && row.rules.length > 0 && row.local !== '' && <Group><Button variant="default" onClick={() => { onPart(row.local); onClose(); }}>{say('fields.part')}</Button></Group>}
        {ed.may && row.local === '' && row.rules[0] && <Group><Button variant="default" onClick={() => { const id = row.rules[0]?.id; if (id !== undefined) ed.change((d) => dropRule(d, id)); onClose(); }}>{say('fields.fixed.remove')}</Button></Group>}
        <Group><Button onClick={onClose}>{say('fields.done')}</Button></Group>
      </Stack>
    </Drawer>
  );
}

function Lock({ row, ed, onLock }: { row: Row; ed: Editor; onLock(r: Row): void }) {
  const say = useWords();
  const kept = row.sure === 'kept';
  return (
    <Stack gap="xs">
      <Checkbox disabled={!ed.may} label={say('fields.lock')} description={say(row.government ? 'fields.lock.governmenthint' : 'fields.lock.hint')} checked={kept} onChange={() => onLock(row)} />
      {(kept ? !row.government || row.reason !== '' : row.government) && <TextInput disabled={!ed.may} label={say('fields.lock.why')} value={row.reason} maxLength={200} onChange={(e) => { const why = e.currentTarget.value; ed.change((d) => (kept ? lock(d, row.local, why) : unlock(d, row.local, true, why))); }} />}
    </Stack>
  );
}

function RuleForm({ rule, ed, place }: { rule: Rule; ed: Editor; place(p: string): string }) {
  const say = useWords();
  const fn = fnOf(rule);
  const set = (part: Partial<Rule>) => ed.change((d) => changeRule(d, rule.id, part));
  const locals = localsOf(rule);
  const others = ed.rows.filter((r) => r.local !== '' && r.local !== locals[0] && r.sure !== 'kept' && (r.rules.length === 0 || locals.includes(r.local)));
  const together = (list: string[]) => set(list.length === 0 ? { local: locals[0], via: rule.via?.filter((s) => !['join', 'list'].includes(s.fn)) } : { local: [locals[0] ?? '', ...list], via: fn === 'join' || fn === 'list' ? rule.via : [{ fn: (rule.standard ?? '').endsWith('[]') ? 'list' : 'join', ...((rule.standard ?? '').endsWith('[]') ? {} : { separator: ' ' }) }] });
  return (
    <fieldset className="rw-m-rule" disabled={!ed.may}>
      <legend><Title order={3} size="h5">{rule.standard ? place(rule.standard) : say('fields.fixed')}</Title></legend>
      <Stack gap="sm">
        {ed.mistakes.filter((m) => m.rule === rule.id).map((m) => <Notice key={m.sentence} tone="bad" title={say('fields.mistake')}><Text size="sm">{m.sentence}</Text></Notice>)}
        {locals.length > 0 && (fn === undefined
          ? <Text size="sm">{say('fields.fn.several')}</Text>
          : <NativeSelect label={say('fields.fn')} value={fn} onChange={(e) => set({ via: stepsOf(e.currentTarget.value as Fn) })} data={functions.filter((f) => f === fn || (f !== 'value' && (locals.length > 1 ? ['join', 'list'] : functions.filter((x) => x !== 'join' && x !== 'list')).includes(f as never))).map((f) => ({ value: f, label: say(`fields.fn.${f || 'none'}`) }))} />)}
        {fn !== undefined && argumentsOf(fn).map((a) => <TextInput key={`${fn} ${a.name}`} label={say(`fields.arg.${fn}.${a.name}`)} defaultValue={argument(rule, a)} onBlur={(e) => { if (e.currentTarget.value !== argument(rule, a)) set({ via: withArgument(rule, a, e.currentTarget.value) }); }} />)}
        {fn === 'value' && <Text size="sm" className="rw-quiet">{say('fields.fn.seevalues')}</Text>}
        {locals.length > 0 && <MultiSelect label={say('fields.together')} description={say('fields.together.hint')} data={others.map((o) => ({ value: o.local, label: o.label === o.local ? o.label : `${o.label} (${o.local})` }))} value={locals.slice(1)} onChange={together} searchable hidePickedOptions comboboxProps={{ keepMounted: false }} />}
        {locals.length > 0 && (
          <Radio.Group label={say('fields.direction')} value={directionOf(rule)} onChange={(v) => set({ direction: v === 'both' ? undefined : (v as 'in' | 'out') })}>
            <Stack gap={6} mt={6}>{(['both', 'in', 'out'] as const).map((d) => <Radio key={d} value={d} label={say(`fields.direction.${d}`)} />)}</Stack>
          </Radio.Group>
        )}
        {locals.length > 0 && <Checkbox label={say('fields.required')} description={say('fields.required.hint')} checked={rule.required ?? false} onChange={(e) => set({ required: e.currentTarget.checked || undefined })} />}
        {locals.length > 0 && <NativeSelect label={say('fields.trouble')} value={rule.onFailure ?? 'flag'} onChange={(e) => set({ onFailure: e.currentTarget.value === 'flag' ? undefined : (e.currentTarget.value as 'hold' | 'skip') })} data={(['flag', 'hold', 'skip'] as const).map((v) => ({ value: v, label: say(`fields.trouble.${v}`) }))} />}
        <TextInput label={say('fields.label')} description={say('fields.label.hint')} value={rule.label ?? ''} maxLength={200} onChange={(e) => set({ label: e.currentTarget.value })} />
        <Expert rule={rule} ed={ed} />
      </Stack>
    </fieldset>
  );
}

/** Expert shows the rule as it stands in the document, to be changed by who knows how. */
function Expert({ rule, ed }: { rule: Rule; ed: Editor }) {
  const say = useWords();
  const [text, setText] = useState<string>();
  const [told, setTold] = useState<{ good: boolean; words: string[] }>();
  const shown = text ?? JSON.stringify(rule, null, 2);
  const read = (): Rule | undefined => {
    try {
      const r = JSON.parse(shown) as Rule;
      if (typeof r === 'object' && r !== null && typeof r.id === 'string') return r;
    } catch { /* told below */ }
    setTold({ good: false, words: [say('fields.json.broken')] });
    return undefined;
  };
  const check = async () => {
    const r = read();
    if (!r) return;
    try {
      const c = await checkDoc(replaceRule(ed.doc, rule.id, r));
      const mine = (c.problems ?? []).filter((p) => p.rule === r.id || !p.rule).map((p) => p.sentence);
      setTold(mine.length > 0 ? { good: false, words: mine } : { good: true, words: [] });
    } catch (e) {
      setTold({ good: false, words: [e instanceof Error ? e.message : ''] });
    }
  };
  const use = () => {
    const r = read();
    if (!r) return;
    ed.change((d) => replaceRule(d, rule.id, r));
    setText(undefined);
    setTold(undefined);
  };
  return (
    <details>
      <summary>{say('fields.expert')}</summary>
      <Stack gap="xs">
        <Textarea label={say('fields.expert.rule')} description={say('fields.expert.hint')} autosize minRows={6} maxRows={18} spellCheck={false} className="rw-m-code" value={shown} onChange={(e) => { setText(e.currentTarget.value); setTold(undefined); }} />
        {told && <Notice tone={told.good ? 'good' : 'bad'} title={say(told.good ? 'fields.json.good' : 'fields.mistakes', { n: told.words.length })} alert>{told.words.length > 0 && <ul className="rw-plain">{told.words.map((w) => <li key={w}>{w}</li>)}</ul>}</Notice>}
        {ed.may && <Group><Button variant="default" onClick={() => void check()}>{say('fields.json.check')}</Button><Button variant="default" onClick={use} disabled={text === undefined}>{say('fields.json.use')}</Button></Group>}
      </Stack>
    </details>
  );
}
