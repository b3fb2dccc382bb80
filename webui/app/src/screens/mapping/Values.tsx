import { Button, Checkbox, Group, NativeSelect, Select, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconCircleCheck, IconCircleDashed } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { readLookup, suggest, useCodes, useLookups } from '../../api/mapping';
import { useLanguage, useWords } from '../../i18n/language';
import { Trouble } from '../../shell/Trouble';
import { inBox } from './box';
import { fold, type Policy, setCode, setTable, type Table, withTable } from './document';
import { toBox } from './RowLine';
import type { Editor } from './useEditor';
import { type Coded, guessesFor, pathTo, type Word } from './values';

/** ValuesStep gives the words of coded fields their codes. It must be looked at before a mapping is published. */
export function ValuesStep({ ed, place }: { ed: Editor; place(p: string): string }) {
  const say = useWords();
  const open = ed.coded.reduce((n, c) => n + c.open, 0);
  if (ed.coded.length === 0) return <Text>{say('fields.values.none')}</Text>;
  return (
    <Stack gap="md">
      <Text>{say('fields.values.intro')}</Text>
      {[...ed.coded].sort((a, b) => Number(b.open > 0) - Number(a.open > 0)).map((c) => <One key={c.rule.id} c={c} ed={ed} place={place} />)}
      <Checkbox size="md" disabled={!ed.may} label={say('fields.values.seen')} description={say('fields.values.open', { n: open })} checked={ed.seen} onChange={(e) => ed.look(e.currentTarget.checked)} />
    </Stack>
  );
}

function One({ c, ed, place }: { c: Coded; ed: Editor; place(p: string): string }) {
  const say = useWords();
  const { language } = useLanguage();
  const codes = useCodes(c.standard, c.system);
  const table: Table = ed.doc.valueTables?.[c.table] ?? { rows: [] };
  const change = (next: (t: Table) => Table) => ed.change((d) => {
    const with_ = c.table ? d : withTable(d, c.rule.id, codes.data?.system && isCoding(c.standard) ? codes.data.system : '');
    const name = c.table || Object.keys(with_.valueTables ?? {}).find((n) => !(n in (d.valueTables ?? {}))) || '';
    const t = with_.valueTables?.[name];
    return name && t ? setTable(with_, name, next(t)) : d;
  });
  const guesses = useQuery({
    queryKey: ['mappings', 'words', c.local, c.standard, c.words.map((w) => w.ours)], enabled: ed.may && c.words.some((w) => w.open), staleTime: Infinity, gcTime: 60_000,
    queryFn: async () => (await suggest({ fields: [{ path: c.local, label: c.label, values: c.words.map((w) => ({ text: w.ours, count: w.count })) }], accepted: [{ local: c.local, standard: c.standard }] })).values?.[c.local] ?? [],
  });
  const list = useMemo(() => codes.data?.codes ?? [], [codes.data]);
  const options = useMemo(() => {
    const groups = new Map<string, { value: string; label: string }[]>();
    for (const e of list) {
      if (e.heading) continue;
      const under = pathTo(list, e.code, language === 'es').join(' › ') || say('fields.codes.all');
      const label = (language === 'es' && e.spanish) || e.label || e.code;
      groups.set(under, [...(groups.get(under) ?? []), { value: e.code, label: label === e.code ? label : `${label} (${e.code})` }]);
    }
    return [...groups].map(([group, items]) => ({ group, items }));
  }, [list, language, say]);
  const labelOf = (code: string) => list.find((e) => e.code === code && !e.heading)?.label;
  const put = (w: Word, code: string | null) => {
    change((t) => setCode(t, w.ours, code ? { code, ...(isCoding(c.standard) ? { label: labelOf(code) } : {}) } : undefined));
    ed.say(code ? say('fields.said.code', { word: w.ours, code: labelOf(code) ?? code }) : say('fields.said.nocode', { word: w.ours }));
  };
  const policy: Policy = table.unknown?.in ?? { policy: 'keep' };
  const head = `values-${c.rule.id}`;
  return (
    <section aria-labelledby={head} className="rw-m-coded">
      <Stack gap="xs">
        <Group justify="space-between" align="flex-end">
          <Title order={3} size="h5" id={head}>{say('fields.values.of', { field: c.local.includes('.') ? `${c.label} (${c.local})` : c.label, place: place(c.standard) })}</Title>
          <Group align="flex-end" gap="sm">
            <NativeSelect size="sm" label={say('fields.unknown')} disabled={!ed.may} value={policy.policy} onChange={(e) => { const p = e.currentTarget.value as Policy['policy']; change((t) => ({ ...t, unknown: { ...t.unknown, in: p === 'fixed' ? { policy: p, value: list.find((x) => !x.heading)?.code ?? '' } : { policy: p } } })); }} data={(['keep', 'hold', 'fixed'] as const).map((p) => ({ value: p as string, label: say(`fields.unknown.${p}`) })).concat(policy.policy === 'parent' ? [{ value: 'parent', label: say('fields.unknown.parent') }] : [])} />
            {policy.policy === 'fixed' && <Select size="sm" label={say('fields.unknown.value')} disabled={!ed.may} data={options} value={policy.value ?? null} searchable allowDeselect={false} comboboxProps={inBox} onChange={(v) => change((t) => ({ ...t, unknown: { ...t.unknown, in: { policy: 'fixed', value: v ?? '' } } }))} />}
          </Group>
        </Group>
        {codes.isPending && <Skeleton h={60} role="status" aria-label={say('shell.loading')} />}
        {codes.isError && <Trouble error={codes.error} again={() => void codes.refetch()} />}
        {c.words.length === 0 && <Text>{say('fields.values.empty')}</Text>}
        {(codes.data?.systems ?? []).length > 1 && <NativeSelect label={say('fields.values.system')} disabled={!ed.may} value={codes.data?.system} onChange={(e) => { const system = e.currentTarget.value; change((t) => ({ ...t, system, rows: [] })); }} data={(codes.data?.systems ?? []).map((s) => ({ value: s, label: say(`fields.system.${s}`) }))} maw={360} />}
        <FromSystem c={c} ed={ed} />
        <ul className="rw-m-words" aria-label={say('fields.values.words', { field: c.label })}>
          {c.words.map((w) => {
            const known = w.row && options.every((g) => g.items.every((i) => i.value !== w.row?.code)) ? [...options, { group: say('fields.other'), items: [{ value: w.row.code, label: w.row.label ?? w.row.code }] }] : options;
            return (
              <li key={fold(w.ours)}>
                <span className="rw-m-word"><b>{w.ours}</b> {w.count > 0 && <Text span size="sm" className="rw-quiet">{say('fields.values.times', { n: w.count })}</Text>}</span>
                {w.absent
                  ? <Text size="sm">{say('fields.values.absent')}</Text>
                  : <Select aria-label={say('fields.values.means', { word: w.ours })} placeholder={say('fields.values.choose')} disabled={!ed.may} data={known} value={w.row?.code ?? null} onChange={(v) => put(w, v)} searchable clearable openOnFocus={false} selectFirstOptionOnChange size="sm" clearButtonProps={{ 'aria-label': say('fields.values.clear', { word: w.ours }) }} nothingFoundMessage={say('fields.search.none')} maxDropdownHeight={320} comboboxProps={inBox} />}
                <span className="rw-m-sure" data-sure={w.open ? 'none' : 'sure'}>{w.open ? <IconCircleDashed size={18} aria-hidden /> : <IconCircleCheck size={18} aria-hidden />}{say(w.open ? 'fields.values.unmatched' : 'fields.values.matched')}</span>
                {w.open && ed.may && <Guess w={w} ed={ed} c={c} guesses={guessesFor(guesses.data, w.ours, ed.rejected)} onTake={(code) => put(w, code)} />}
              </li>
            );
          })}
        </ul>
      </Stack>
    </section>
  );
}

/** FromSystem brings the words that a list in our own system has, when a connection with this mapping can read some. */
function FromSystem({ c, ed }: { c: Coded; ed: Editor }) {
  const say = useWords();
  const lists = useLookups(ed.name, ed.may);
  const read = useMutation({
    mutationFn: (at: { connection: string; list: string }) => readLookup(at.connection, at.list),
    onSuccess: (values) => { ed.offer(c.local, values.map((v) => v.word)); ed.say(say('fields.values.read', { n: values.length })); },
  });
  const all = lists.data ?? [];
  if (!ed.may || all.length === 0) return null;
  return (
    <>
      <Select label={say('fields.values.lookup')} placeholder={say('fields.values.lookup.choose')} disabled={read.isPending} maw={360} searchable value={null} comboboxProps={inBox} onChange={(v) => { const at = all[Number(v)]; if (v !== null && at) read.mutate(at); }} data={all.map((l, i) => ({ value: String(i), label: `${l.list} (${l.name})` }))} />
      {read.isError && <Trouble error={read.error} />}
    </>
  );
}

/** isCoding: values that carry the label of their code; a closed list, a language or a country carries the code alone. */
const isCoding = (standard: string) => ['needs[].codes[]', 'person.gender[]', 'person.raceEthnicity[]', 'person.access[]'].includes(standard) || /\.type$|sexAtBirth$|maritalStatus$|living$|citizenship$/.test(standard);

function Guess({ w, c, ed, guesses, onTake }: { w: Word; c: Coded; ed: Editor; guesses: ReturnType<typeof guessesFor>; onTake(code: string): void }) {
  const say = useWords();
  const g = guesses[0];
  if (!g) return null;
  return (
    <Group gap="xs" className="rw-m-guess">
      <Text size="sm" flex={1} miw={160}>{say('fields.values.could', { code: g.label || g.code })} <span className="rw-quiet">{say('fields.because', { reason: g.reason })}</span></Text>
      <Button size="compact-sm" variant="default" aria-label={say('fields.values.accept', { word: w.ours })} onClick={(e) => { toBox(e.currentTarget); onTake(g.code); }}>{say('fields.accept')}</Button>
      <Button size="compact-sm" variant="default" aria-label={say('fields.values.reject', { word: w.ours })} onClick={(e) => { toBox(e.currentTarget); ed.reject({ standard: c.standard, ours: w.ours, code: g.code }); }}>{say('fields.reject')}</Button>
    </Group>
  );
}
