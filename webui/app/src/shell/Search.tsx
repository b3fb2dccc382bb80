import { ActionIcon } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { lazy, Suspense, useCallback, useState } from 'react';
import type { Session } from '../api/session';
import { useWords } from '../i18n/language';
import { useKey } from './keys';

const load = () => import('./SearchBox').then((m) => ({ default: m.SearchBox }));
const SearchBox = lazy(load);

/** Search is the button in the head and what it opens, also by Ctrl-K and by /. */
export function Search({ session }: { session: Session }) {
  const say = useWords();
  const [open, setOpen] = useState(false);
  const show = useCallback(() => setOpen(true), []);
  useHotkeys([['mod+K', show]], []);
  useKey(['/'], show);
  return (
    <>
      <ActionIcon variant="default" size="lg" aria-label={say('search.open')} aria-keyshortcuts="Control+K" onClick={show} onPointerEnter={load} onFocus={load}><IconSearch size={18} aria-hidden /></ActionIcon>
      {open && <Suspense><SearchBox session={session} done={() => setOpen(false)} /></Suspense>}
    </>
  );
}
