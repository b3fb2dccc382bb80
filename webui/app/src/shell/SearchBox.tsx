import { Kbd, Modal, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { usePartners } from '../api/partners';
import { useReferrals } from '../api/referrals';
import type { Session } from '../api/session';
import { useLanguage, useWords } from '../i18n/language';
import { helpIn } from './help';
import { find, type Found, referralEntry } from './find';
import { useSingleKeys } from './keys';
import { menu } from './menu';
import { useStatus } from './Tag';

const most = 12; // results
const pages = 10; // of each list that a search reads, 200 lines a page

/** SearchBox is what the search opens. */
export function SearchBox({ session, done }: { session: Session; done: () => void }) {
  const say = useWords();
  return <Modal opened onClose={done} title={say('search.title')} closeButtonProps={{ 'aria-label': say('search.close') }} size="lg"><Box session={session} done={done} /></Modal>;
}

function Box({ session, done }: { session: Session; done: () => void }) {
  const say = useWords();
  const go = useNavigate();
  const [query, setQuery] = useState('');
  const [keys, setKeys] = useSingleKeys();
  const list = useRef<HTMLUListElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const { entries, reading } = useEntries(session);
  const found = useMemo(() => find(entries, query, most), [entries, query]);
  const open = (f: Found) => { done(); if (f.to.startsWith('/help')) window.location.assign(f.to); else void go({ to: f.to }); };
  const move = (e: KeyboardEvent) => {
    const step = e.key === 'ArrowDown' ? 1 : e.key === 'ArrowUp' ? -1 : 0;
    const all = [...(list.current?.querySelectorAll<HTMLElement>('button') ?? [])];
    if (!step || all.length === 0) return;
    e.preventDefault();
    const at = all.indexOf(document.activeElement as HTMLElement) + step;
    (at < 0 ? field.current : all[Math.min(at, all.length - 1)])?.focus();
  };
  return (
    <Stack gap="sm" onKeyDown={move}>
      <form onSubmit={(e) => { e.preventDefault(); if (found[0]) open(found[0]); }}>
        <TextInput ref={field} data-autofocus type="search" label={say('search.label')} description={say('search.hint')} autoComplete="off" value={query} onChange={(e) => setQuery(e.currentTarget.value)} />
      </form>
      <Text size="sm" role="status" className="rw-quiet">{reading ? say('search.reading') : query.trim() ? say('search.found', { n: found.length }) : say('search.over', { n: entries.length })}</Text>
      {found.length > 0 && (
        <ul className="rw-list" ref={list} aria-label={say('search.results')}>
          {found.map((f) => <li key={f.key}><button type="button" className="rw-found" onClick={() => open(f)}><strong>{f.title}</strong>{f.about && <span className="rw-quiet"> {f.about}</span>}</button></li>)}
        </ul>
      )}
      <dl className="rw-keys">
        {(['/', 'J', 'K', 'A', 'R', '?'] as const).map((k) => <div key={k}><dt><Kbd>{k}</Kbd></dt><dd>{say(`search.key.${k === '/' ? 'slash' : k === '?' ? 'help' : k}`)}</dd></div>)}
      </dl>
      <Switch label={say('search.keys')} description={say('search.keyshint')} checked={keys} onChange={(e) => setKeys(e.currentTarget.checked)} />
    </Stack>
  );
}

/** useEntries is what can be found: the screens, the partners, and the referrals of both lists, read page by page while the search is open. */
function useEntries(session: Session) {
  const say = useWords();
  const { language } = useLanguage();
  const status = useStatus();
  const reads = session.can.includes('referrals.read');
  const came = useReferrals('in', reads);
  const sent = useReferrals('out', reads);
  const partners = usePartners(reads);
  useMore(came);
  useMore(sent);
  const entries = useMemo(() => [
    ...menu.filter((m) => !m.can || session.can.includes(m.can)).map((m): Found => ({ key: m.to, to: m.to, title: say(m.words), about: say('search.screen') })),
    { key: 'help', to: helpIn(language), title: say('search.help'), about: '' },
    ...(partners.data?.items ?? []).map((p): Found => ({ key: p.id, to: `/partners/${encodeURIComponent(p.id)}`, title: p.name, about: say('search.partner') })),
    ...([['in', came], ['out', sent]] as const).flatMap(([d, l]) => (l.data?.pages ?? []).flatMap((p) => p.items ?? []).map((r) => referralEntry(r, status(r.status), say(d === 'in' ? 'menu.inbox' : 'menu.sent')))),
  ], [came.data, sent.data, partners.data, session.can, say, status, language]);
  return { entries, reading: reads && (came.isFetchingNextPage || sent.isFetchingNextPage || came.isPending || sent.isPending) };
}

/** useMore reads on while there is more, up to a bound. */
function useMore({ hasNextPage, isFetchingNextPage, isError, data, fetchNextPage }: ReturnType<typeof useReferrals>) {
  const more = hasNextPage && !isFetchingNextPage && !isError && (data?.pages.length ?? 0) < pages;
  useEffect(() => { if (more) void fetchNextPage(); }, [more, fetchNextPage]);
}
