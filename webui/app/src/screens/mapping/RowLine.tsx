import { ActionIcon, Button, Group, Select, Text, Tooltip } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconCircleDashed, IconDots, IconGripVertical, IconHelpCircle, IconLock, IconLockOpen } from '@tabler/icons-react';
import { memo, type PointerEvent } from 'react';
import type { Rejection } from '../../api/mapping';
import { useWords } from '../../i18n/language';
import { inBox } from './box';
import type { Doc } from './document';
import type { Row, Sure } from './rows';

interface Props {
  row: Row;
  may: boolean;
  picture: boolean;
  options: { group: string; items: { value: string; label: string }[] }[];
  help: Map<string, string>;
  canonical(place: string): string;
  place(place: string): string;
  carried: boolean;
  doc: Doc;
  reject(r: Rejection): void;
  onJoin(local: string, place: string): void;
  onPart(local: string): void;
  onLock(r: Row): void;
  onOpen(key: string): void;
  onPick(r: Row): void;
  onDrag(local: string, e: PointerEvent): void;
  onShow(place: string | undefined): void;
}

const icons = { sure: IconCircleCheck, check: IconHelpCircle, none: IconCircleDashed, kept: IconLock, lost: IconAlertTriangle };

/** How says how sure a match is, by icon and words. */
export function How({ sure }: { sure: Sure }) {
  const say = useWords();
  const Icon = icons[sure];
  return <span className="rw-m-sure" data-sure={sure}><Icon size={18} aria-hidden />{say(`fields.sure.${sure}`)}</span>;
}

/** RowLine is one field of ours with its box. */
export const RowLine = memo(function RowLine(p: Props) {
  const say = useWords();
  const { row: r, may } = p;
  const target = r.rules[0]?.standard;
  const value = target ? p.canonical(target) : null;
  const listed = value === null || p.options.some((g) => g.items.some((i) => i.value === value));
  const data = listed ? p.options : [...p.options, { group: say('fields.other'), items: [{ value: value ?? '', label: p.place(value ?? '') }] }];
  return (
    <div className="rw-m-row" data-picture={p.picture || undefined} data-carried={p.carried || undefined} data-wrong={r.mistakes.length > 0 || undefined} onFocus={() => p.onShow(target ?? r.offer?.place)}>
      {may && p.picture && r.local !== '' && (
        <ActionIcon className="rw-m-grip" data-grip variant="subtle" color="gray" aria-label={say('fields.pick', { field: r.label })} aria-pressed={p.carried} onClick={() => p.onPick(r)} onPointerDown={(e) => p.onDrag(r.local, e)}>
          <IconGripVertical size={18} aria-hidden />
        </ActionIcon>
      )}
      <div className="rw-m-field">
        <Text fw={600} size="sm" className="rw-m-name">{r.label}</Text>
        <Text size="xs" className="rw-quiet rw-m-name">{[r.local !== r.label && r.local !== `"${r.label}"` ? r.local : '', r.kind && say(`fields.kind.${r.kind}`), r.example && `“${r.example}”`].filter(Boolean).join(' · ')}</Text>
      </div>
      <div className="rw-m-box">
        {r.sure === 'kept' || r.local === '' || !may
          ? <Text size="sm">{r.sure === 'kept' ? (r.government && !r.reason ? say('fields.lock.government') : r.reason || say('fields.lock.kept')) : target ? p.place(target) : say('fields.sure.none')}</Text>
          : <Select aria-label={say('fields.goes', { field: r.label })} placeholder={say('fields.choose')} data={data} value={value} searchable clearable openOnFocus={false} selectFirstOptionOnChange size="sm" nothingFoundMessage={say('fields.search.none')} maxDropdownHeight={320} comboboxProps={inBox}
              clearButtonProps={{ 'aria-label': say('fields.clear', { field: r.label }) }} filter={({ options, search }) => narrow(options as Grouped[], search, p.help) as never}
              onChange={(v) => (v ? p.onJoin(r.local, v) : p.onPart(r.local))} />}
      </div>
      <How sure={r.sure} />
      <Group gap={2} wrap="nowrap" className="rw-m-tools">
        {may && r.local !== '' && (
          <Tooltip label={say(r.sure === 'kept' ? 'fields.unlock' : 'fields.lock')}>
            <ActionIcon variant="subtle" color="gray" aria-label={say(r.sure === 'kept' ? 'fields.unlock.field' : 'fields.lock.field', { field: r.label })} onClick={() => p.onLock(r)}>{r.sure === 'kept' ? <IconLock size={18} aria-hidden /> : <IconLockOpen size={18} aria-hidden />}</ActionIcon>
          </Tooltip>
        )}
        {(r.rules.length > 0 || r.sure === 'kept') && <ActionIcon variant="subtle" color="gray" aria-label={say('fields.more', { field: r.label })} onClick={() => p.onOpen(r.key)}><IconDots size={18} aria-hidden /></ActionIcon>}
      </Group>
      <Below {...p} />
    </div>
  );
});

/** Below is what a person should look at: a suggestion, a question about the values, mistakes. */
function Below({ row: r, may, place, onJoin, onOpen, reject }: Props) {
  const say = useWords();
  if (!r.offer && !r.ask && r.mistakes.length === 0) return null;
  return (
    <div className="rw-m-below">
      {r.offer && (
        <Group gap="xs" wrap="wrap">
          <Text size="sm" flex={1} miw={180}>{say('fields.offer', { place: place(r.offer.place) })} <span className="rw-quiet">{(r.offer.reasons ?? [])[0] ? say('fields.because', { reason: (r.offer.reasons ?? [])[0] ?? '' }) : ''}</span></Text>
          {may && <Button size="compact-sm" variant="default" aria-label={say('fields.accept.field', { field: r.label })} onClick={(e) => { toBox(e.currentTarget); onJoin(r.local, r.offer?.place ?? ''); }}>{say('fields.accept')}</Button>}
          {may && <Button size="compact-sm" variant="default" aria-label={say('fields.reject.field', { field: r.label })} onClick={(e) => { toBox(e.currentTarget); reject({ local: r.local, standard: r.offer?.standard }); }}>{say('fields.reject')}</Button>}
        </Group>
      )}
      {r.ask && <Group gap="xs"><Text size="sm" flex={1}>{r.ask}</Text>{may && <Button size="compact-sm" variant="default" onClick={() => onOpen(r.key)}>{say('fields.answer')}</Button>}</Group>}
      {r.mistakes.map((m) => <Text key={m.sentence} size="sm" className="rw-m-mistake"><IconAlertTriangle size={16} aria-hidden /> {m.sentence}</Text>)}
    </div>
  );
}

/** toBox keeps the focus in the row when the button that had it goes away. */
export const toBox = (button: HTMLElement) => button.closest('li')?.querySelector<HTMLElement>('input')?.focus();

interface Grouped { group?: string; items?: { value: string; label: string }[]; value?: string; label?: string }

/** narrow keeps the options in which all words of the search stand, in their label, path or help. */
function narrow(options: Grouped[], search: string, help: Map<string, string>): Grouped[] {
  const want = search.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (o: { value: string; label: string }) => { const text = `${o.label} ${o.value} ${help.get(o.value) ?? ''}`.toLowerCase(); return want.every((w) => text.includes(w)); };
  return options.flatMap((o) => { const items = o.items?.filter(fits) ?? []; return items.length > 0 ? [{ ...o, items }] : []; });
}
