import { Checkbox, NativeSelect, Radio, Skeleton, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { usePartners } from '../../api/partners';
import { useWords } from '../../i18n/language';
import { Trouble } from '../../shell/Trouble';
import type { Draft, Flaw, Step } from './form';
import { needGroups } from './needs';

interface FieldsProps { step: Step; draft: Draft; change(part: Partial<Draft>): void; wrong: Flaw[] }
type Texts = { [K in keyof Draft]: Draft[K] extends string ? K : never }[keyof Draft];

/** Fields are the questions of one step. */
export function Fields({ step, draft, change, wrong }: FieldsProps) {
  const say = useWords();
  const error = (f: keyof Draft) => { const w = wrong.find((x) => x.field === f); return w ? say(w.words) : undefined; };
  const common = (f: Texts, optional: boolean, hint?: boolean) => ({
    id: f, name: f, autoComplete: 'off', label: optional ? say('compose.optional', { label: say(`field.${f}`) }) : say(`field.${f}`), description: hint ? say(`field.${f}.hint`) : undefined,
    value: draft[f], error: error(f), 'aria-required': !optional || undefined,
  });
  const line = (f: Texts, o: { must?: boolean; hint?: boolean; type?: string; max?: number } = {}) => <TextInput key={f} {...common(f, !o.must, o.hint)} type={o.type} maxLength={o.max ?? 300} onChange={(e) => change({ [f]: e.currentTarget.value })} />;
  const area = (f: Texts, o: { hint?: boolean } = {}) => <Textarea key={f} {...common(f, true, o.hint)} autosize minRows={3} maxLength={4000} onChange={(e) => change({ [f]: e.currentTarget.value })} />;
  const pick = (f: Texts, words: string, codes: string[], o: { must?: boolean; hint?: boolean } = {}) => (
    <NativeSelect key={f} {...common(f, !o.must, o.hint)} onChange={(e) => change({ [f]: e.currentTarget.value })} data={[{ value: '', label: say('acts.choose') }, ...codes.map((c) => ({ value: c, label: say(`${words}.${c}`) }))]} />
  );
  const choose = (f: Texts, words: string, codes: string[], must: boolean, hint = false) => (
    <Radio.Group key={f} label={must ? say(`field.${f}`) : say('compose.optional', { label: say(`field.${f}`) })} description={hint ? say(`field.${f}.hint`) : undefined} value={draft[f]} error={error(f)} onChange={(v) => change({ [f]: v })}>
      <Stack gap="xs" mt="xs">{codes.map((c, i) => <Radio key={c} id={i === 0 ? f : undefined} name={f} value={c} label={say(`${words}.${c}`)} />)}</Stack>
    </Radio.Group>
  );
  const yesNo = ['yes', 'no'];
  switch (step) {
    case 'need': return <>
      <NativeSelect {...common('need', false)} onChange={(e) => change({ need: e.currentTarget.value })}
        data={[{ value: '', label: say('acts.choose') }, ...needGroups.map((g) => ({ group: say(`needs.${g.id}`), items: g.needs.map((n) => ({ value: n.id, label: say(`needs.${n.id}`) })) }))]} />
      {line('needText', { hint: true })}
      {choose('urgency', 'urgency', ['routine', 'soon', 'urgent', 'emergency'], true)}
      {line('deadline', { type: 'date', hint: true })}
      {draft.deadline && pick('deadlineKind', 'deadline', ['hearing', 'answer-due', 'lockout', 'benefit-cutoff', 'limitation', 'appointment', 'move-out', 'other'])}
    </>;
    case 'partner': return <Partners draft={draft} change={change} error={error('to')} />;
    case 'person': return <>
      {line('name', { must: true, hint: true })}{line('preferredName')}{line('birthDate', { hint: true, max: 10 })}
      {pick('language', 'language', ['en', 'es', 'zh', 'vi', 'ht', 'pt', 'ar', 'ru', 'fr', 'km', 'so', 'ko'])}
      {choose('interpreter', 'answer', yesNo, false)}{area('address', { hint: true })}
    </>;
    case 'contact': return <>
      {choose('initiator', 'initiator', ['recipient-contacts', 'person-contacts', 'warm-handoff', 'do-not-contact'], true)}
      {line('phone', { type: 'tel', max: 100 })}
      {draft.phone.trim() && <>{choose('phoneSafe', 'answer', ['yes', 'no', 'unknown'], true, true)}{choose('voicemail', 'answer', yesNo, false)}{choose('texts', 'answer', yesNo, false)}{line('hours', { hint: true, max: 200 })}</>}
      {line('email', { type: 'email' })}
      {draft.email.trim() && choose('emailSafe', 'answer', ['yes', 'no', 'unknown'], true)}
      {area('safety', { hint: true })}
    </>;
    case 'story': return <>{area('summary', { hint: true })}{area('expectations')}{line('caseNumber', { hint: true, max: 200 })}{line('workerName', { hint: true })}{line('workerPhone', { type: 'tel', max: 100 })}{line('workerEmail', { type: 'email' })}</>;
    case 'consent': return <>
      <div className="rw-card"><Text fw={600}>{say('compose.read')}</Text><Text className="rw-text">{say('compose.readtext')}</Text></div>
      {line('consentBy', { must: true, hint: true })}{choose('consentAs', 'capacity', ['self', 'guardian', 'attorney', 'other'], true)}{choose('consentMethod', 'method', ['signed', 'verbal', 'electronic'], true)}
      {line('consentDate', { must: true, type: 'date' })}{line('consentUntil', { must: true, type: 'date', hint: true })}
      {choose('results', 'answer', yesNo, true, true)}{choose('onward', 'onward', ['none', 'same-purpose'], true)}
    </>;
    case 'check': return null;
  }
}

function Partners({ draft, change, error }: { draft: Draft; change(part: Partial<Draft>): void; error?: string }) {
  const say = useWords();
  const partners = usePartners();
  if (partners.isPending) return <Skeleton h={80} role="status" aria-label={say('shell.loading')} />;
  if (partners.isError) return <Trouble error={partners.error} again={() => void partners.refetch()} />;
  const can = partners.data.items?.filter((p) => p.weSend === 'yes') ?? [];
  if (can.length === 0) return <div className="rw-card"><Text fw={600}>{say('compose.nopartner')}</Text><Text>{say('compose.nopartner.next')}</Text><Link className="rw-link" to="/">{say('missing.home')}</Link></div>;
  return (
    <Checkbox.Group label={say('field.to')} description={say('field.to.hint')} error={error} value={draft.to} onChange={(to) => change({ to })}>
      <Stack gap="xs" mt="xs">{can.map((p, i) => <Checkbox key={p.id} id={i === 0 ? 'to' : undefined} value={p.id} label={p.name} />)}</Stack>
    </Checkbox.Group>
  );
}
