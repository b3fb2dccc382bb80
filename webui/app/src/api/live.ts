import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Schemas } from './client';
import { oneKey } from './referrals';
import { sessionKey } from './session';

type Event = Schemas['Event'];

// Events that a look at a referral makes itself: to read again because of them would never end.
const ownEcho = new Set(['referral.viewed', 'referral.taken-out']);
const gather = 400; // milliseconds; one reading for all events of a burst
const slowest = 30_000;
/** The code of a stream's end that says: this number is of another log, as after a restore; read again from the beginning. */
export const otherLog = 4409;
/** The code (RFC 6455, 7.4.1) of an end that says: the session is over. */
const sessionEnded = 1008;

/** touched names the queries that a list of events makes old. */
export function touched(events: Event[]): (readonly string[])[] {
  const keys = new Map<string, readonly string[]>();
  const add = (key: readonly string[]) => keys.set(key.join(' '), key);
  for (const e of events) {
    if (ownEcho.has(e.kind)) continue;
    if (e.kind.startsWith('referral.')) {
      add(['referrals']);
      add(['waiting']);
      if (e.subject) add(oneKey(e.subject));
    } else if (e.kind.startsWith('partner.')) {
      add(['partners']);
    } else if (e.kind.startsWith('waiting.') || e.kind.startsWith('document.')) {
      add(['waiting']);
    } else if (e.kind.startsWith('organization.')) {
      add(['organization']);
      add(['kit']);
      add(['settings']);
    } else if (e.kind.startsWith('connection.')) {
      add(['connections']);
      add(['waiting']);
    }
  }
  return [...keys.values()];
}

/** useLive reads anew what changed. It resumes after the last event that this browser saw, and says whether it is connected. */
export function useLive(organization: string): boolean {
  const queries = useQueryClient();
  const [connected, setConnected] = useState(false);
  useEffect(() => {
    if (!organization) return; // who only runs the node sees no events
    const kept = `referworks.seen.${organization}`;
    let socket: WebSocket | undefined;
    let timer: number | undefined;
    let flush: number | undefined;
    let ended = false;
    let pause = 1000;
    let burst: Event[] = [];
    const settle = () => {
      flush = undefined;
      const last = burst.at(-1);
      for (const queryKey of touched(burst)) void queries.invalidateQueries({ queryKey });
      burst = [];
      if (last) localStorage.setItem(kept, String(last.seq));
    };
    const open = () => {
      const url = new URL('/v1/events/stream', window.location.href);
      url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
      url.searchParams.set('after', localStorage.getItem(kept) ?? '0');
      socket = new WebSocket(url);
      let opened = false;
      socket.onopen = () => { opened = true; setConnected(true); pause = 1000; };
      socket.onmessage = (m) => {
        burst.push(JSON.parse(String(m.data)) as Event);
        flush ??= window.setTimeout(settle, gather);
      };
      socket.onclose = (end) => {
        setConnected(false);
        if (ended) return;
        if (end.code === otherLog) { // a restored log may lack what was read, and name nothing of it: all of it is read again
          window.clearTimeout(flush);
          flush = undefined;
          burst = [];
          localStorage.removeItem(kept);
          void queries.invalidateQueries();
        } else if (end.code === sessionEnded || !opened) { // a browser does not say why a line could not be opened
          void queries.invalidateQueries({ queryKey: sessionKey });
        }
        timer = window.setTimeout(open, pause);
        pause = Math.min(2 * pause, slowest);
      };
    };
    open();
    return () => {
      ended = true;
      window.clearTimeout(timer);
      window.clearTimeout(flush);
      socket?.close();
    };
  }, [organization, queries]);
  return connected;
}
