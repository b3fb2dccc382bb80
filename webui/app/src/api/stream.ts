import { useCallback, useEffect, useRef, useState } from 'react';
import type { Schemas } from './client';
import { otherLog } from './live';

export type Event = Schemas['Event'];

const kept = 200; // the newest that are shown
const behind = 20; // of what was there before

/** useStream shows events as they are committed. Paused, it closes the line; resumed, it goes on behind the last one, so that none is missing. */
export function useStream(organization: string) {
  const [events, setEvents] = useState<Event[]>([]);
  const [running, setRunning] = useState(true);
  const [connected, setConnected] = useState(false);
  const last = useRef<number>(-1);
  useEffect(() => {
    if (!running || !organization) return;
    let ended = false;
    let timer: number | undefined;
    let socket: WebSocket | undefined;
    if (last.current < 0) last.current = Math.max(0, Number(localStorage.getItem(`referworks.seen.${organization}`) ?? 0) - behind);
    const open = () => {
      const url = new URL('/v1/events/stream', window.location.href);
      url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
      url.searchParams.set('after', String(last.current));
      socket = new WebSocket(url);
      socket.onopen = () => setConnected(true);
      socket.onmessage = (m) => {
        const e = JSON.parse(String(m.data)) as Event;
        last.current = e.seq;
        setEvents((now) => [e, ...now].slice(0, kept));
      };
      socket.onclose = (end) => {
        setConnected(false);
        if (end.code === otherLog) { last.current = 0; setEvents([]); } // those were of another log
        if (!ended) timer = window.setTimeout(open, 2000);
      };
    };
    open();
    return () => {
      ended = true;
      window.clearTimeout(timer);
      socket?.close();
      setConnected(false);
    };
  }, [running, organization]);
  return { events, running, connected, toggle: useCallback(() => setRunning((r) => !r), []) };
}
