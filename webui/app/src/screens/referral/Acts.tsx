import { Button, Group, NativeSelect, Radio, Stack, Text, Textarea, TextInput, Title } from '@mantine/core';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { type Act, type Conversation, useAct } from '../../api/referrals';
import type { Schemas } from '../../api/client';
import { usePartners } from '../../api/partners';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { useKey } from '../../shell/keys';
import { Trouble } from '../../shell/Trouble';
import { codes } from './codes';

type Allowed = Schemas['AllowedAct'];

// What the first two buttons are for, when they are allowed; the others stand below. A step that needs a document or a
// whole new version is not taken on this screen.
const first = ['answer', 'recall-answer', 'propose-answer', 'purged', 'accept', 'decline', 'schedule', 'serve', 'close'];
const elsewhere = new Set(['files', 'referral']);

export interface NeedOfPerson { id: string; words: string }

/** Acts offers every step that the life of the referral allows now, with the words of its table. */
export function Acts({ id, thread, needs }: { id: string; thread: Conversation; needs: NeedOfPerson[] }) {
  const say = useWords();
  const [chosen, choose] = useState<string>();
  const head = useRef<HTMLHeadingElement>(null);
  const offered = (thread.allowed ?? []).filter((a) => !(a.needs ?? []).some((n) => elsewhere.has(n)));
  const rank = (a: Allowed) => (first.includes(a.kind) ? first.indexOf(a.kind) : first.length);
  const sorted = [...offered].sort((a, b) => rank(a) - rank(b));
  const top = sorted.filter((a) => first.includes(a.kind)).slice(0, 2);
  const more = sorted.filter((a) => !top.includes(a));
  const act = offered.find((a) => a.kind === chosen);
  useEffect(() => { if (chosen && !act) choose(undefined); }, [chosen, act]);
  useKey(['a', 'r'], (key) => {
    const kinds = key === 'a' ? ['accept'] : ['answer', 'question', 'note'];
    const kind = kinds.find((k) => offered.some((a) => a.kind === k));
    if (kind) choose(kind);
  });
  if (offered.length === 0) return <Text className="rw-noprint">{say('acts.none')}</Text>;
  return (
    <section className="rw-card rw-noprint" aria-labelledby="acts">
      <Stack gap="sm">
        <Title order={2} size="h4" id="acts" ref={head} tabIndex={-1}>{say('acts.title')}</Title>
        {act ? (
          <Form key={act.kind} id={id} act={act} thread={thread} needs={needs} done={() => { choose(undefined); head.current?.focus(); }} />
        ) : (
          <>
            {top.map((a, i) => <Offer key={a.kind} act={a} primary={i === 0} choose={choose} />)}
            {top.length === 0 && more.map((a) => <Offer key={a.kind} act={a} primary={false} choose={choose} />)}
            {top.length > 0 && more.length > 0 && (
              <details>
                <summary>{say('acts.more', { n: more.length })}</summary>
                <Stack gap="sm" mt="sm">{more.map((a) => <Offer key={a.kind} act={a} primary={false} choose={choose} />)}</Stack>
              </details>
            )}
          </>
        )}
      </Stack>
    </section>
  );
}

function Offer({ act, primary, choose }: { act: Allowed; primary: boolean; choose(kind: string): void }) {
  const hint = `means-${act.kind}`;
  return (
    <div>
      <Button fullWidth variant={primary ? 'filled' : 'default'} aria-describedby={hint} onClick={() => choose(act.kind)}>{act.button}</Button>
      <Text size="sm" mt={4} className="rw-quiet" id={hint}>{act.means}</Text>
    </div>
  );
}

interface FormProps { id: string; act: Allowed; thread: Conversation; needs: NeedOfPerson[]; done(): void }

/** instant is what a field for day and time holds, with this computer's zone. */
export function instant(local: string): string | undefined {
  if (!local) return undefined;
  const at = new Date(local);
  const off = -at.getTimezoneOffset();
  const two = (n: number) => String(Math.trunc(Math.abs(n))).padStart(2, '0');
  return `${local.length === 16 ? `${local}:00` : local}${off < 0 ? '-' : '+'}${two(off / 60)}:${two(off % 60)}`;
}

function Form({ id, act, thread, needs, done }: FormProps) {
  const say = useWords();
  const times = useTimes();
  const take = useAct(id);
  const partners = usePartners();
  const has = (m: string) => (act.needs ?? []).includes(m) || (act.takes ?? []).includes(m);
  const must = (m: string) => (act.needs ?? []).includes(m);
  const label = (words: string, m: string) => (must(m) ? words : say('acts.optional', { label: words }));
  const [text, setText] = useState('');
  const [reason, setReason] = useState('');
  const [agreed, setAgreed] = useState('');
  const [at, setAt] = useState('');
  const [until, setUntil] = useState('');
  const [place, setPlace] = useState('');
  const [to, setTo] = useState('');
  const [of, setOf] = useState('');
  const [outcomes, setOutcomes] = useState<Record<string, string>>({});
  const start = useRef<HTMLFormElement>(null);
  useEffect(() => { start.current?.querySelector<HTMLElement>('textarea, select, input, button')?.focus(); }, []);
  const asked = (thread.messages ?? []).filter((m) => !m.mine && m.id && (act.kind === 'answer' ? thread.questions : thread.proposals)?.some((q) => q.id === m.id));
  const submit = (e: FormEvent) => {
    e.preventDefault();
    const body: Act = { kind: act.kind };
    if (has('text') && text.trim()) body.text = text.trim();
    if (has('reason') && reason) body.reason = reason;
    if (has('agreed')) body.agreed = agreed === 'yes';
    if (has('at') && at) body.at = instant(at);
    if (has('until') && until) body.until = instant(until);
    if (has('place') && place.trim()) body.place = place.trim();
    if (has('of') && asked.length > 1) body.of = of || asked[0]?.id;
    if (has('to') && to) { body.to = to; body.toName = partners.data?.items?.find((p) => p.id === to)?.name; }
    if (has('outcomes')) body.outcomes = needs.map((n) => ({ need: n.id, result: outcomes[n.id] ?? 'unknown' }));
    take.mutate(body, { onSuccess: done });
  };
  return (
    <form ref={start} onSubmit={submit}>
      <Stack gap="sm">
        <Text fw={600}>{act.button}</Text>
        <Text size="sm">{act.means}</Text>
        {take.isError && <Trouble error={take.error} focus />}
        {has('of') && asked.length === 1 && <blockquote className="rw-text rw-said" dir="auto">{asked[0]?.text ?? asked[0]?.toName}</blockquote>}
        {has('of') && asked.length > 1 && <NativeSelect label={say('acts.which')} value={of} onChange={(e) => setOf(e.currentTarget.value)} data={asked.map((m) => ({ value: m.id ?? '', label: `${times.moment(m.at)}: ${(m.text ?? m.toName ?? '').slice(0, 80)}` }))} />}
        {has('reason') && (
          <NativeSelect label={say('acts.reason')} description={say('acts.reasonhint')} required={must('reason')} withAsterisk={false} value={reason} onChange={(e) => setReason(e.currentTarget.value)}
            data={[{ value: '', label: say('acts.choose') }, ...(act.kind === 'return' ? codes.return : codes.decline).map((c) => ({ value: c, label: say(`reason.${c}`) }))]} />
        )}
        {has('agreed') && (
          <Radio.Group label={say(`acts.agreed.${act.kind}`)} value={agreed} onChange={setAgreed} required withAsterisk={false}>
            <Group mt="xs"><Radio value="yes" label={say('referral.yes')} required /><Radio value="no" label={say('referral.no')} /></Group>
          </Radio.Group>
        )}
        {has('to') && (
          <NativeSelect label={say('acts.to')} description={say('acts.tohint')} required={must('to')} withAsterisk={false} value={to} onChange={(e) => setTo(e.currentTarget.value)}
            data={[{ value: '', label: say('acts.choose') }, ...(partners.data?.items ?? []).map((p) => ({ value: p.id, label: p.name }))]} />
        )}
        {has('at') && <TextInput type="datetime-local" label={label(say('acts.at'), 'at')} required={must('at')} withAsterisk={false} value={at} onChange={(e) => setAt(e.currentTarget.value)} />}
        {has('until') && <TextInput type="datetime-local" label={label(say('acts.until'), 'until')} value={until} onChange={(e) => setUntil(e.currentTarget.value)} />}
        {has('place') && <TextInput label={label(say('acts.place'), 'place')} maxLength={1000} value={place} onChange={(e) => setPlace(e.currentTarget.value)} />}
        {has('outcomes') && (needs.length > 0 ? needs.map((n) => (
          <NativeSelect key={n.id} label={say('acts.outcome', { need: n.words })} required withAsterisk={false} value={outcomes[n.id] ?? ''} onChange={(e) => { const v = e.currentTarget.value; setOutcomes((o) => ({ ...o, [n.id]: v })); }}
            data={[{ value: '', label: say('acts.choose') }, ...codes.outcome.map((c) => ({ value: c, label: say(`outcome.${c}`) }))]} />
        )) : <Text>{say('acts.noneed')}</Text>)}
        {has('text') && <Textarea label={label(say(act.kind === 'question' ? 'acts.question' : act.kind === 'answer' ? 'acts.answer' : 'acts.text'), 'text')} description={say('acts.texthint')} autosize minRows={3} maxLength={10000} required={must('text')} withAsterisk={false} value={text} onChange={(e) => setText(e.currentTarget.value)} />}
        <Group>
          <Button type="submit" loading={take.isPending}>{act.button}</Button>
          <Button variant="default" onClick={done}>{say('acts.back')}</Button>
        </Group>
      </Stack>
    </form>
  );
}
