import { Button, Checkbox, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link, useSearch } from '@tanstack/react-router';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, lazy, memo, Suspense, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type Direction, mineToMove, type Row, useCounts, useReferrals } from '../../api/referrals';
import { useSession } from '../../api/session';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Tag } from '../../shell/Tag';
import { Trouble } from '../../shell/Trouble';
import { useTitle } from '../../shell/title';
import { counted, type Shown, views } from './views';

const Several = lazy(() => import('./Several').then((m) => ({ default: m.Several })));

export function Inbox() { return <List direction="in" />; }
export function Sent() { return <List direction="out" />; }

// How many pages are read without being asked, to fill a view that shows few of what is listed.
const unasked = 5;

function List({ direction }: { direction: Direction }) {
  const say = useWords();
  const title = say(direction === 'in' ? 'menu.inbox' : 'menu.sent');
  useTitle(title);
  const asked = (useSearch({ strict: false }) as { view?: string }).view;
  const view = views[direction].find((v) => v === asked) ?? 'all';
  const list = useReferrals(direction, true, view === 'all' ? undefined : view);
  const counts = useCounts();
  const may = useSession().data?.can.includes('referrals.work') ?? false;
  const [chosen, setChosen] = useState<ReadonlySet<string>>(); // while several are chosen
  const choose = useCallback((id: string) => setChosen((now) => { const next = new Set(now); if (!next.delete(id)) next.add(id); return next; }), []);
  useEffect(() => setChosen(undefined), [view]);
  const numbers = counts.data?.[direction];
  const shown = useMemo(() => list.data?.pages.flatMap((p) => p.items ?? []) ?? [], [list.data]);
  const pages = list.data?.pages.length ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  useEffect(() => {
    if (shown.length < 20 && hasNextPage && !isFetchingNextPage && pages < unasked) void fetchNextPage();
  }, [shown.length, hasNextPage, isFetchingNextPage, fetchNextPage, pages]);
  const number = (v: Shown) => { const n = counted.some((c) => c === v) ? numbers?.[v as (typeof counted)[number]] ?? 0 : 0; return n > 0 ? ` (${n}${counts.data?.more ? '+' : ''})` : ''; };
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1}>{title}</Title>
        <Group gap="xs">
          {may && shown.length > 0 && <Button className="rw-noprint" variant="default" onClick={() => setChosen(chosen ? undefined : new Set())}>{say(chosen ? 'inbox.nochoice' : 'inbox.several')}</Button>}
          <Button className="rw-noprint" variant="default" loading={list.isRefetching} onClick={() => { void list.refetch(); void counts.refetch(); }}>{say('inbox.refresh')}</Button>
        </Group>
      </Group>
      <nav aria-label={say('inbox.views')} className="rw-views rw-noprint">
        {views[direction].map((v) => (
          <Link key={v} to={direction === 'in' ? '/inbox' : '/sent'} search={{ view: v } as never} className="rw-view" aria-current={v === view ? 'page' : undefined}>
            {say(`view.${direction}.${v}`)}{number(v)}
          </Link>
        ))}
      </nav>
      {chosen && <Suspense fallback={<Skeleton h={60} role="status" aria-label={say('shell.loading')} />}><Several chosen={[...chosen]} done={() => setChosen(undefined)} /></Suspense>}
      {list.isPending && <Stack gap="xs" aria-busy="true" aria-label={say('shell.loading')} role="status">{[0, 1, 2, 3].map((i) => <Skeleton key={i} h={52} />)}</Stack>}
      {list.isError && <Trouble error={list.error} again={() => void list.refetch()} />}
      {list.isSuccess && shown.length === 0 && !isFetchingNextPage && <Empty direction={direction} view={view} />}
      {shown.length > 0 && <Rows rows={shown} label={say(`view.${direction}.${view}`)} more={hasNextPage} reading={isFetchingNextPage} read={() => void fetchNextPage()} direction={direction} chosen={chosen} choose={choose} />}
      {list.isSuccess && hasNextPage && !isFetchingNextPage && shown.length < 20 && <Group justify="center"><Button variant="default" onClick={() => void fetchNextPage()}>{say('inbox.further')}</Button></Group>}
      {isFetchingNextPage && <Text role="status" ta="center">{say('inbox.reading')}</Text>}
    </Stack>
  );
}

function Empty({ direction, view }: { direction: Direction; view: Shown }) {
  const say = useWords();
  const none = view === 'all';
  return (
    <div className="rw-card"><Stack align="flex-start" gap="xs">
      <Text fw={600}>{say(none ? `empty.${direction}` : `empty.${direction}.${view}`)}</Text>
      <Text>{say(none ? `empty.${direction}.next` : 'empty.view.next')}</Text>
      {none && <Link className="rw-link" to={direction === 'in' ? '/partners' : '/send'}>{say(direction === 'in' ? 'menu.partners' : 'menu.send')}</Link>}
      {!none && <Link className="rw-link" to={direction === 'in' ? '/inbox' : '/sent'} search={{ view: 'all' } as never}>{say('empty.view.all')}</Link>}
    </Stack></div>
  );
}

interface RowsProps { rows: Row[]; label: string; more: boolean; reading: boolean; read(): void; direction: Direction; chosen: ReadonlySet<string> | undefined; choose(id: string): void }

/** Rows draws only what the window shows, however long the list is. J and K move while the focus is in the list. */
function Rows({ rows, label, more, reading, read, direction, chosen, choose }: RowsProps) {
  const say = useWords();
  const box = useRef<HTMLUListElement>(null);
  const virtual = useWindowVirtualizer({ count: rows.length, estimateSize: () => 62, overscan: 12, scrollMargin: box.current?.offsetTop ?? 0, getItemKey: (i) => rows[i]?.id ?? i });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const minute = Math.floor(Date.now() / 60_000);
  useEffect(() => { if (more && !reading && last >= rows.length - 15 && rows.length >= 20) read(); }, [last, rows.length, more, reading, read]);
  const move = (e: KeyboardEvent) => {
    const step = e.key === 'j' || e.key === 'ArrowDown' ? 1 : e.key === 'k' || e.key === 'ArrowUp' ? -1 : 0;
    if (!step || e.ctrlKey || e.metaKey || e.altKey) return;
    const at = Number((e.target as HTMLElement).closest('li')?.getAttribute('data-index') ?? -1) + step;
    if (at < 0 || at >= rows.length) return;
    e.preventDefault();
    virtual.scrollToIndex(at, { align: 'auto' });
    requestAnimationFrame(() => box.current?.querySelector<HTMLElement>(`li[data-index="${at}"] a`)?.focus());
  };
  return (
    <ul ref={box} className="rw-rows" aria-label={label} onKeyDown={move} style={{ height: virtual.getTotalSize() }}>
      {items.map((v) => {
        const r = rows[v.index];
        if (!r) return null;
        return (
          <li key={v.key} data-index={v.index} data-choosing={chosen ? true : undefined} ref={virtual.measureElement} aria-setsize={more ? -1 : rows.length} aria-posinset={v.index + 1} style={{ transform: `translateY(${v.start - virtual.options.scrollMargin}px)` }}>
            {chosen && <Checkbox checked={chosen.has(r.id)} onChange={() => choose(r.id)} aria-label={say('inbox.choose', { reference: r.reference })} />}
            <Line row={r} direction={direction} minute={minute} />
          </li>
        );
      })}
    </ul>
  );
}

/** Line is drawn again when its row changed, and once a minute for the times, not with each step of a scroll. Its parts are plain
 * elements: a hundred of them are made in a second of scrolling. */
const Line = memo(function Line({ row: r, direction }: { row: Row; direction: Direction; minute: number }) {
  const say = useWords();
  const times = useTimes();
  const mine = mineToMove(r);
  return (
    <Link className="rw-row" to={direction === 'in' ? '/inbox/$id' : '/sent/$id'} params={{ id: r.id }} data-mine={mine || undefined}>
      <span><Tag status={r.status} /></span>
      <span className="rw-ref">{r.reference}</span>
      <span>
        {(r.initials || r.need) && <span className="rw-gist" dir="auto"><b>{r.initials}</b> {r.need}</span>}
        {(r.urgency === 'urgent' || r.urgency === 'emergency') && <><span className="rw-tag" data-tone="bad">{say(`inbox.${r.urgency}`)}</span> </>}
        {say(direction === 'in' ? 'inbox.from' : 'inbox.to', { who: r.partnerName || say('inbox.someone') })}
        {r.practice && <span className="rw-small"> · {say('inbox.practice')}</span>}
        {direction === 'out' && <span className="rw-small rw-line">{say(`transport.${r.state}`)}</span>}
        {r.assigneeName && <span className="rw-small rw-line">{say('inbox.has', { who: r.assigneeName })}</span>}
      </span>
      <span className="rw-small" title={times.moment(r.statusSince)}>{times.ago(r.statusSince)}</span>
      <Due row={r} mine={mine} />
    </Link>
  );
});

function Due({ row: r, mine }: { row: Row; mine: boolean }) {
  const say = useWords();
  const times = useTimes();
  if (r.erased) return <span className="rw-small">{say('inbox.erased')}</span>;
  if (r.late) return <span><span className="rw-tag" data-tone="bad">{say(mine ? 'inbox.late.mine' : 'inbox.late.theirs')}</span></span>;
  if (!r.replyBy || !r.turn) return <span />;
  return <span className={mine ? 'rw-small rw-ours' : 'rw-small'}>{say(mine ? 'inbox.replyby' : 'inbox.theyreplyby', { day: times.day(r.replyBy) })}</span>;
}
