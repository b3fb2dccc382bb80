import { Button, Checkbox, Group, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core';
import { useState } from 'react';
import { usePartners } from '../../api/partners';
import type { ConnectionBody } from '../../api/setup';
import { useWords } from '../../i18n/language';
import { faultAt } from '../../shell/Faults';
import { Needs } from '../../shell/Needs';

interface RecipientsProps { c: ConnectionBody; names: [string, string][]; error: unknown; may: boolean; onNames: (next: [string, string][]) => void; change: (part: Partial<ConnectionBody>) => void }

/** Recipients says whom a document goes to when it names nobody by the partner's own name. */
export function Recipients({ c, names, error, may, onNames, change }: RecipientsProps) {
  const say = useWords();
  const partners = usePartners();
  const all = (partners.data?.items ?? []).map((p) => ({ value: p.id, label: p.name }));
  const rules = c.rules ?? [];
  const rule = (i: number, part: object) => change({ rules: rules.map((r, n) => (n === i ? { ...r, ...part } : r)) });
  return (
    <section className="rw-card" aria-labelledby="recipients">
      <Stack gap="sm">
        <Title order={2} size="h4" id="recipients">{say('connections.to')}</Title>
        <Text>{say('connections.tohint')}</Text>
        {all.length === 0 && <Text className="rw-quiet">{say('connections.nopartner')}</Text>}
        <Text fw={600}>{say('connections.names')}</Text>
        {names.map(([name, to], i) => (
          <Group key={i} align="flex-end" gap="sm">
            <TextInput id={`recipients.${name}`} label={say('connections.localname')} disabled={!may} value={name} error={faultAt(error, `recipients.${name}`)} onChange={(e) => { const v = e.currentTarget.value; onNames(names.map((n, k) => (k === i ? [v, n[1]] : n))); }} />
            <NativeSelect label={say('connections.partner')} disabled={!may} value={to} data={[{ value: '', label: say('connections.choose') }, ...all]} onChange={(e) => { const v = e.currentTarget.value; onNames(names.map((n, k) => (k === i ? [n[0], v] : n))); }} />
            {may && <Button variant="default" onClick={() => onNames(names.filter((_, k) => k !== i))}>{say('connections.remove', { name: name || String(i + 1) })}</Button>}
          </Group>
        ))}
        {may && all.length > 0 && <Button className="rw-start" variant="default" onClick={() => onNames([...names, ['', '']])}>{say('connections.addname')}</Button>}
        <Text fw={600} mt="sm">{say('connections.rules')}</Text>
        {rules.map((r, i) => (
          <div key={i} className="rw-card" role="group" aria-label={say('connections.rule', { n: i + 1 })}>
            <Stack gap="sm">
              <Needs label={say('connections.ruleneeds')} hint={say('connections.ruleneedshint')} disabled={!may} value={r.needs ?? []} onChange={(needs) => rule(i, { needs })} />
              <Areas areas={r.areas ?? []} may={may} onAreas={(areas) => rule(i, { areas })} />
              <Checkbox.Group label={say('connections.ruleto')} value={r.to ?? []} onChange={(to) => rule(i, { to })} error={faultAt(error, `rules.${i}`)}>
                <div className="rw-choices" id={`rules.${i}`} tabIndex={-1}>{all.map((p) => <Checkbox key={p.value} value={p.value} label={p.label} disabled={!may} />)}</div>
              </Checkbox.Group>
              {may && <Button className="rw-start" variant="default" onClick={() => change({ rules: rules.filter((_, k) => k !== i) })}>{say('connections.remove', { name: say('connections.rule', { n: i + 1 }) })}</Button>}
            </Stack>
          </div>
        ))}
        {may && all.length > 0 && <Button className="rw-start" variant="default" onClick={() => change({ rules: [...rules, { to: [], needs: [], areas: [] }] })}>{say('connections.addrule')}</Button>}
      </Stack>
    </section>
  );
}

const areasIn = (text: string) => text.split(/[\s,]+/).filter(Boolean);

/** Areas takes beginnings of postal codes with commas between them, as they are typed. */
function Areas({ areas, may, onAreas }: { areas: string[]; may: boolean; onAreas: (next: string[]) => void }) {
  const say = useWords();
  const [text, setText] = useState('');
  const value = areasIn(text).join() === areas.join() ? text : areas.join(', ');
  return <TextInput label={say('connections.areas')} description={say('connections.areashint')} disabled={!may} value={value} onChange={(e) => { setText(e.currentTarget.value); onAreas(areasIn(e.currentTarget.value)); }} />;
}
