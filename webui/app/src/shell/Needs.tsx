import { Checkbox, Stack, Text } from '@mantine/core';
import { useWords } from '../i18n/language';
import { needGroups } from '../screens/compose/needs';

export interface Code { system: string; code: string }
const idOf = (c: Code) => `${c.system}-${c.code}`;

/** useNeedName says a need; a code that the screens do not know is shown as it is. */
export function useNeedName() {
  const say = useWords();
  const known = new Set(needGroups.flatMap((g) => g.needs.map((n) => n.id)));
  return (c: Code) => (known.has(idOf(c)) ? say(`needs.${idOf(c)}`) : `${c.system} ${c.code}`);
}

/** Needs chooses kinds of need, group by group. */
export function Needs({ label, hint, value, disabled = false, onChange }: { label: string; hint?: string; value: Code[]; disabled?: boolean; onChange: (next: Code[]) => void }) {
  const say = useWords();
  const name = useNeedName();
  const has = new Set(value.map(idOf));
  const known = new Set(needGroups.flatMap((g) => g.needs.map((n) => n.id)));
  const set = (c: Code, on: boolean) => onChange(on ? [...value, c] : value.filter((v) => idOf(v) !== idOf(c)));
  const box = (c: Code) => <Checkbox size="md" key={idOf(c)} label={name(c)} checked={has.has(idOf(c))} disabled={disabled} onChange={(e) => set({ system: c.system, code: c.code }, e.currentTarget.checked)} />;
  return (
    <div role="group" aria-label={label}>
      <Text fw={600}>{label}</Text>
      {hint && <Text size="sm" className="rw-quiet">{hint}</Text>}
      {value.length > 0 && <Text size="sm">{value.map(name).join(', ')}</Text>}
      {needGroups.map((g) => {
        const n = g.needs.filter((one) => has.has(one.id)).length;
        return <details key={g.id} open={n > 0}><summary>{say(`needs.${g.id}`)}{n > 0 ? ` (${n})` : ''}</summary><div className="rw-choices">{g.needs.map(box)}</div></details>;
      })}
      {value.some((v) => !known.has(idOf(v))) && <Stack gap="xs" mt="xs">{value.filter((v) => !known.has(idOf(v))).map(box)}</Stack>}
    </div>
  );
}
