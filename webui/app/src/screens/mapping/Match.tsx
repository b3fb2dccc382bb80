import { Button, Group, NativeSelect, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { StandardField } from '../../api/mapping';
import { useWords } from '../../i18n/language';
import { Fixed } from './Fixed';
import { lock, unjoin, unlock } from './document';
import { type Box, linesOf, type Wish } from './lines';
import { general } from './place';
import { RowForm } from './RowForm';
import { RowLine } from './RowLine';
import { canonicalIn, found, type Only, type Row } from './rows';
import { Lines, StandardList } from './StandardList';
import { useDrag } from './useDrag';
import type { Editor } from './useEditor';
import { useStandardWords } from './words';

/** Place is one place of the standard as the right list and the boxes show it. */
export interface Place { place: string; field: StandardField; label: string; short: string; group: string }

const gap = 76; // pixels between the lists, where the lines run

/** MatchStep joins fields of ours with places of the standard: by the box of a row, by drag, or by keyboard. */
export function MatchStep({ ed, places: known, focus }: { ed: Editor; places: { place: string; standard: string }[]; focus: { row: string; n: number } | undefined }) {
  const say = useWords();
  const words = useStandardWords(ed.names);
  const wide = useMediaQuery('(min-width: 75em)', false);
  const [picture, setPicture] = useState(true);
  const shown = wide && picture;
  const [search, setSearch] = useState('');
  const [only, setOnly] = useState<Only>('all');
  const [open, setOpen] = useState<string>();
  const [carried, setCarried] = useState<string>();
  const [active, setActive] = useState(0);
  const [there, setThere] = useState('');

  const places = useMemo<Place[]>(() => known.flatMap((p) => {
    const field = ed.names.fields.find((f) => f.path === p.standard);
    return field ? [{ place: p.place, field, label: words.place(p.place), short: words.short(field) + words.whose(p.place), group: words.group(field) }] : [];
  }), [known, ed.names, words]);
  const canonical = useMemo(() => canonicalIn(places.map((p) => p.place)), [places]);
  const options = useMemo(() => {
    const groups = new Map<string, { value: string; label: string }[]>();
    for (const p of places) groups.set(p.group, [...(groups.get(p.group) ?? []), { value: p.place, label: p.label }]);
    return [...groups].map(([group, items]) => ({ group, items }));
  }, [places]);
  const help = useMemo(() => new Map(places.map((p) => [p.place, p.field.help ?? ''])), [places]);
  const goes = useCallback((r: Row) => r.rules.map((x) => words.place(x.standard ?? '')).join(' '), [words]);
  const rows = useMemo(() => found(ed.rows, search, only, goes), [ed.rows, search, only, goes]);
  const right = useMemo(() => {
    const want = there.trim().toLowerCase().split(/\s+/).filter(Boolean);
    return places.filter((p) => { const text = `${p.label} ${p.field.help ?? ''} ${p.place}`.toLowerCase(); return want.every((w) => text.includes(w)); });
  }, [places, there]);
  const order = useMemo(() => new Map(right.map((p, i) => [p.place, i])), [right]);

  const leftBox = useRef<HTMLDivElement>(null);
  const rightBox = useRef<HTMLDivElement>(null);
  const left = useVirtualizer({ count: rows.length, getScrollElement: () => leftBox.current, estimateSize: () => (shown ? 122 : 84), overscan: 4, getItemKey: (i) => rows[i]?.key ?? i });
  const rightList = useVirtualizer({ count: right.length, getScrollElement: () => rightBox.current, estimateSize: () => 52, overscan: 6, getItemKey: (i) => right[i]?.place ?? i, enabled: shown });
  const rowAt = useCallback((key: string) => ed.rows.find((r) => r.key === key), [ed.rows]);

  const { match, change, say: tell } = ed;
  const join = useCallback((local: string, place: string) => {
    const label = rowAt(local)?.label ?? local;
    void match(local, place).then(() => tell(say('fields.said.matched', { field: label, place: words.place(place) })));
  }, [match, tell, say, words, rowAt]);
  const part = useCallback((local: string) => {
    change((d) => unjoin(d, local));
    tell(say('fields.said.parted', { field: rowAt(local)?.label ?? local }));
  }, [change, tell, say, rowAt]);
  const hold = useCallback((r: Row) => {
    change((d) => (r.sure === 'kept' ? unlock(d, r.local, r.government, say('fields.lock.allowed')) : lock(d, r.local, say('fields.lock.reason'))));
    tell(say(r.sure === 'kept' ? 'fields.said.unlocked' : 'fields.said.locked', { field: r.label }));
  }, [change, tell, say]);

  const drag = useDrag(join);
  // What is to get the focus as soon as its row is drawn.
  const sought = useRef<{ key: string; what: string }>(undefined);
  const [, redraw] = useState(0);
  const seek = (key: string, what: string) => { sought.current = { key, what }; redraw((n) => n + 1); };
  const toGrip = (key: string) => seek(key, '[data-grip]');
  useEffect(() => {
    const want = sought.current;
    const at = want ? rows.findIndex((r) => r.key === want.key) : -1;
    if (!want || at < 0) return;
    const row = leftBox.current?.querySelector(`[data-row="${CSS.escape(want.key)}"]`);
    const part = row?.querySelector<HTMLElement>(want.what) ?? row?.querySelector<HTMLElement>('input, button');
    if (!part) { left.scrollToIndex(at, { align: 'center' }); return; }
    sought.current = undefined;
    part.focus();
  });
  const show = useCallback((place: string | undefined) => {
    const at = place === undefined ? -1 : (order.get(canonical(place)) ?? -1);
    if (at >= 0) { setActive(at); rightList.scrollToIndex(at, { align: 'center' }); }
    return at;
  }, [order, canonical, rightList]);
  const pickUp = useCallback((r: Row) => {
    setCarried(r.local);
    if (show(r.rules[0]?.standard ?? r.offer?.place) < 0) setActive((a) => Math.min(a, Math.max(right.length - 1, 0)));
    tell(say('fields.said.picked', { field: r.label }));
    requestAnimationFrame(() => rightBox.current?.focus());
  }, [show, tell, say, right.length]);
  const drop = (place: string | undefined) => {
    const local = carried;
    if (local === undefined) return;
    setCarried(undefined);
    if (place) join(local, place);
    else tell(say('fields.said.putback', { field: rowAt(local)?.label ?? local }));
    toGrip(local);
  };
  const visit = (place: string) => {
    const at = rows.findIndex((r) => r.rules.some((x) => x.standard && canonical(x.standard) === place));
    if (at < 0) { tell(say('fields.said.nothing', { place: words.place(place) })); return; }
    toGrip(rows[at]?.key ?? '');
  };

  const all = ed.rows;
  useEffect(() => { // a link of the summary leads to its row
    const row = focus && all.find((r) => r.rules.some((x) => x.id === focus.row));
    if (!row) return;
    setSearch('');
    setOnly('all');
    seek(row.key, 'input');
  }, [focus]);

  const items = left.getVirtualItems();
  const shift = left.scrollOffset ?? 0;
  const boxes: Box[] = items.map((v) => ({ key: rows[v.index]?.key ?? '', top: v.start - shift, height: v.size }));
  const shiftRight = rightList.scrollOffset ?? 0;
  const rightBoxes: Box[] = shown ? rightList.getVirtualItems().map((v) => ({ key: right[v.index]?.place ?? '', top: v.start - shiftRight, height: v.size })) : [];
  const wishes = useMemo<Wish[]>(() => rows.flatMap((r): Wish[] => (r.rules.length > 0
    ? r.rules.flatMap((x): Wish[] => { const to = canonical(x.standard ?? ''); return order.has(to) ? [{ from: r.key, to, kind: r.sure === 'check' ? 'check' : 'sure' }] : []; })
    : r.offer && order.has(r.offer.place) ? [{ from: r.key, to: r.offer.place, kind: 'check' }] : [])), [rows, canonical, order]);
  const height = left.scrollRect?.height ?? 0;
  const lines = shown ? linesOf(wishes, boxes, rightBoxes, (p) => order.get(p) ?? order.get(general(p)) ?? 0, { width: gap, height }) : [];
  const opened = open === undefined ? undefined : rowAt(open);

  return (
    <Stack gap="sm">
      <Text>{say(shown ? 'fields.match.picture' : 'fields.match.table')}</Text>
      <Group align="flex-end" gap="sm">
        <TextInput label={say('fields.search.ours')} type="search" value={search} onChange={(e) => setSearch(e.currentTarget.value)} />
        <NativeSelect label={say('fields.only')} value={only} onChange={(e) => setOnly(e.currentTarget.value as Only)} data={(['all', 'check', 'none', 'wrong'] as const).map((o) => ({ value: o, label: say(`fields.only.${o}`) }))} />
        {wide && <Switch label={say('fields.picture')} checked={picture} onChange={(e) => setPicture(e.currentTarget.checked)} mb={8} />}
        {shown && <TextInput label={say('fields.search.standard')} type="search" value={there} onChange={(e) => setThere(e.currentTarget.value)} ml="auto" miw={240} />}
      </Group>
      {rows.length === 0 && <Text role="status">{say('fields.search.none')}</Text>}
      <div className="rw-m-both" data-picture={shown || undefined}>
        <div ref={leftBox} className="rw-m-scroll" role="group" aria-label={say('fields.ours')} tabIndex={-1}>
          <ul className="rw-m-list" aria-label={say('fields.ours')} style={{ height: left.getTotalSize() }}>
            {items.map((v) => {
              const r = rows[v.index];
              return r && (
                <li key={v.key} data-index={v.index} data-row={r.key} ref={left.measureElement} aria-setsize={rows.length} aria-posinset={v.index + 1} style={{ transform: `translateY(${v.start}px)` }}>
                  <RowLine row={r} may={ed.may} picture={shown} options={options} help={help} canonical={canonical} place={words.place} carried={carried === r.local && r.local !== ''} doc={ed.doc} reject={ed.reject}
                    onJoin={join} onPart={part} onLock={hold} onOpen={setOpen} onPick={pickUp} onDrag={drag.begin} onShow={show} />
                </li>
              );
            })}
          </ul>
        </div>
        {shown && <Lines lines={lines} width={gap} height={height} drag={drag.state} box={leftBox} />}
        {shown && <StandardList box={rightBox} list={rightList} places={right} active={active} onActive={setActive} carried={carried === undefined ? undefined : rowAt(carried)?.label} used={wishes} over={drag.state?.over} onDrop={drop} onVisit={visit} />}
      </div>
      {ed.may && <Fixed ed={ed} options={options} />}
      {opened && <RowForm row={opened} ed={ed} place={words.place} onLock={hold} onPart={part} onClose={() => { setOpen(undefined); toGrip(opened.key); }} />}
      {ed.may && carried !== undefined && <Group><Button variant="default" onClick={() => drop(undefined)}>{say('fields.putback')}</Button></Group>}
    </Stack>
  );
}
