import { ActionIcon, Badge, Burger, Button, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconHelp, IconUserCircle } from '@tabler/icons-react';
import { Link, useLocation } from '@tanstack/react-router';
import { type ReactNode, useCallback, useEffect, useRef } from 'react';
import { type Session, useOrganization, useSignOut } from '../api/session';
import { useLive } from '../api/live';
import { useCounts } from '../api/referrals';
import { useLanguage, useWords } from '../i18n/language';
import { useTimes } from '../i18n/time';
import { useKey } from './keys';
import { Mark } from './Mark';
import { helpFor } from './help';
import { menu } from './menu';
import { Notice } from './Notice';
import { Search } from './Search';
import { LanguageSwitch, SchemeSwitch } from './switches';
import { countWaiting, useWaiting } from './title';

// The class by which an open dialog, which takes the scroll bar away, keeps a fixed head where it is.
const steady = 'right-scroll-bar-position';

/** Layout is the navigation around every screen. */
export function Layout({ session, children }: { session: Session; children: ReactNode }) {
  const [open, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  const say = useWords();
  const { language } = useLanguage();
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const live = useLive(session.organization ?? '');
  useKey(['j', 'k', '?'], useCallback((key: string) => {
    if (key === '?') window.location.assign(helpFor(pathname, language));
    else main.current?.querySelector<HTMLElement>('.rw-row, .rw-feed a, .rw-list a')?.focus(); // the list itself moves on from there
  }, [pathname, language]));
  const counts = useCounts(session.can.includes('referrals.read'));
  useEffect(() => {
    countWaiting(counts.data?.in.waiting ?? 0);
    return () => countWaiting(0);
  }, [counts.data]);
  useEffect(() => {
    close();
    if (first.current) { first.current = false; return; } // a person who came by a link starts at the top of the page
    main.current?.focus();
  }, [pathname, close]);
  return (
    <div className="rw-shell" data-open={open || undefined}>
      <a className="rw-skip" href="#main">{say('shell.skip')}</a>
      <header className={`rw-head ${steady}`}>
        <Group h="100%" px="md" justify="space-between" wrap="nowrap">
          <Group gap="sm" wrap="nowrap">
            <Burger opened={open} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={say(open ? 'shell.closemenu' : 'shell.openmenu')} aria-expanded={open} />
            <Mark />
          </Group>
          <Group gap="xs" wrap="nowrap">
            <Group visibleFrom="sm" gap="xs" wrap="nowrap"><Organizations session={session} /><LanguageSwitch /></Group>
            <Search session={session} />
            <ActionIcon component="a" href={helpFor(pathname, language)} variant="default" size="lg" aria-label={say('shell.help')}><IconHelp size={18} aria-hidden /></ActionIcon>
            <SchemeSwitch />
          </Group>
        </Group>
      </header>
      <nav className="rw-side" aria-label={say('shell.navigation')}>
        <Stack gap={2} className="rw-scroll">
          <Entries session={session} group="work" />
          <Entries session={session} group="setup" />
          <Entries session={session} group="node" />
        </Stack>
        <Stack hiddenFrom="sm" my="md" gap="sm"><Organizations session={session} /><LanguageSwitch /></Stack>
        <Text size="xs" className="rw-quiet" role="status" my={4} px="xs">{session.organization ? say(live ? 'shell.live' : 'shell.notlive') : ''}</Text>
        <Person session={session} />
      </nav>
      <main className="rw-main" id="main" ref={main} tabIndex={-1}><Suspended session={session} />{children}</main>
    </div>
  );
}

function Entries({ session, group }: { session: Session; group: 'work' | 'setup' | 'node' }) {
  const say = useWords();
  const { pathname } = useLocation();
  const waiting = useWaiting();
  const shown = menu.filter((e) => e.group === group && (!e.can || session.can.includes(e.can)));
  if (shown.length === 0) return null;
  return (
    <>
      {group !== 'work' && <Text size="sm" className="rw-quiet" mt="md" px="xs">{say(group === 'setup' ? 'menu.setup' : 'menu.node')}</Text>}
      {shown.map(({ to, words, icon: Icon }) => {
        const here = to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(`${to}/`);
        return (
          <Link key={to} to={to} className="rw-nav" aria-current={here ? 'page' : undefined}>
            <Icon size={19} aria-hidden />
            <span>{say(words)}</span>
            {to === '/inbox' && waiting > 0 && <Badge ml="auto" variant="filled" aria-label={say('menu.waiting', { n: waiting })}>{waiting}</Badge>}
          </Link>
        );
      })}
    </>
  );
}

/** Suspended says on every page that nothing moves, and why. */
function Suspended({ session }: { session: Session }) {
  const say = useWords();
  const times = useTimes();
  const here = session.organizations.find((o) => o.id === session.organization);
  if (!here?.suspended) return null;
  return <div className="rw-above"><Notice tone="bad" title={say('shell.suspended', { when: times.moment(here.suspendedSince ?? 0) })}>{here.suspended} {say('shell.suspendedmeans')}</Notice></div>;
}

function Organizations({ session }: { session: Session }) {
  const say = useWords();
  const change = useOrganization();
  if (session.organizations.length < 2) {
    return <Text size="sm" fw={600} truncate maw={260}>{session.organizations[0]?.name ?? ''}</Text>;
  }
  return (
    <NativeSelect aria-label={say('shell.organization')} value={session.organization ?? ''} disabled={change.isPending} onChange={(e) => change.mutate(e.currentTarget.value)}
      data={session.organizations.map((o) => ({ value: o.id, label: o.name }))} />
  );
}

function Person({ session }: { session: Session }) {
  const say = useWords();
  const out = useSignOut();
  return (
    <Group gap="xs" wrap="nowrap" justify="space-between">
      <Link to="/account" className="rw-nav rw-me" aria-label={`${say('shell.account')}: ${session.user?.name ?? ''}`}><IconUserCircle size={19} aria-hidden /><Text size="sm" lineClamp={2}>{session.user?.name || session.user?.email || say('shell.you')}</Text></Link>
      <Button variant="default" size="xs" flex="none" loading={out.isPending} onClick={() => out.mutate()}>{say('shell.signout')}</Button>
    </Group>
  );
}
