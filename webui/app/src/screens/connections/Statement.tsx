import { Checkbox, NativeSelect, NumberInput, Stack, Text, Title } from '@mantine/core';
import type { ConnectionBody } from '../../api/setup';
import { useWords } from '../../i18n/language';
import { faultAt } from '../../shell/Faults';

const lists = { basis: ['consent', 'legal-obligation', 'vital-interest'], method: ['signed', 'verbal', 'electronic'], capacity: ['self', 'guardian', 'attorney', 'other'], onward: ['none', 'named', 'same-purpose'] } as const;
const purposes = ['service', 'legal-help', 'benefits', 'care', 'follow-up', 'statistics'];
const first = { basis: 'consent', method: 'signed', capacity: 'self', days: 180, purposes: ['service'], onward: 'none', outcomeSharing: false };

/** Statement is what the organization states once about how consent is taken, for documents that carry none. It is read back as one sentence. */
export function Statement({ c, error, may, change }: { c: ConnectionBody; error: unknown; may: boolean; change: (part: Partial<ConnectionBody>) => void }) {
  const say = useWords();
  const s = c.consent;
  const set = (part: object) => change({ consent: { ...first, ...s, ...part } });
  const choose = (f: keyof typeof lists) => <NativeSelect key={f} label={say(`statement.${f}`)} disabled={!may} value={s?.[f] || lists[f][0]} data={lists[f].map((v) => ({ value: v, label: say(`statement.${f}.${v}`) }))} onChange={(e) => set({ [f]: e.currentTarget.value })} />;
  const known = s?.purposes ?? [];
  const sentence = s && [
    say('statement.sentence', { basis: say(`statement.basis.${s.basis}`), capacity: say(`statement.capacity.${s.capacity}`), method: say(`statement.method.${s.method}`), days: s.days || 0 }),
    known.length > 0 ? say('statement.sentence.for', { purposes: known.map((p) => (purposes.includes(p) ? say(`statement.purpose.${p}`) : p)).join(', ') }) : '',
    say(`statement.sentence.onward.${s.onward || 'none'}`), say(s.outcomeSharing ? 'statement.sentence.results' : 'statement.sentence.noresults'),
  ].filter(Boolean).join(' ');
  return (
    <section className="rw-card" aria-labelledby="statement">
      <Stack gap="sm">
        <Title order={2} size="h4" id="statement">{say('statement.title')}</Title>
        <Text>{say('statement.why')}</Text>
        <Checkbox label={say('statement.have')} disabled={!may} checked={s !== undefined} onChange={(e) => { if (e.currentTarget.checked) set({}); else change({ consent: undefined }); }} />
        {s && (
          <>
            {choose('basis')}{choose('method')}{choose('capacity')}
            <NumberInput id="consent.days" label={say('statement.days')} disabled={!may} min={1} max={3650} allowDecimal={false} value={s.days} error={faultAt(error, 'consent.days')} onChange={(v) => set({ days: Number(v) || 0 })} maw={260} />
            <Checkbox.Group label={say('statement.purposes')} value={known} onChange={(v) => set({ purposes: v })}>
              <Stack gap="xs" mt="xs">{[...purposes, ...known.filter((p) => !purposes.includes(p))].map((p) => <Checkbox key={p} value={p} disabled={!may} label={purposes.includes(p) ? say(`statement.purpose.${p}`) : p} />)}</Stack>
            </Checkbox.Group>
            {choose('onward')}
            <Checkbox label={say('statement.results')} disabled={!may} checked={s.outcomeSharing ?? false} onChange={(e) => set({ outcomeSharing: e.currentTarget.checked })} />
            <Text fw={600}>{say('statement.readback')}</Text>
            <blockquote className="rw-consent">{sentence}</blockquote>
          </>
        )}
        {!s && <Text className="rw-quiet">{say('statement.without')}</Text>}
      </Stack>
    </section>
  );
}
