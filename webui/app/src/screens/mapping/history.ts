// Undo and redo for everything: what was, what is, and what was taken back.
export interface History<T> { past: T[]; now: T; future: T[] }

export const most = 300;

export const begin = <T>(now: T): History<T> => ({ past: [], now, future: [] });

/** put makes next the present. The same again is no act. */
export function put<T>(h: History<T>, next: T): History<T> {
  return next === h.now ? h : { past: [...h.past, h.now].slice(-most), now: next, future: [] };
}

export function undo<T>(h: History<T>): History<T> {
  const before = h.past.at(-1);
  return before === undefined ? h : { past: h.past.slice(0, -1), now: before, future: [h.now, ...h.future] };
}

export function redo<T>(h: History<T>): History<T> {
  const [next, ...future] = h.future;
  return next === undefined ? h : { past: [...h.past, h.now], now: next, future };
}

/** keyOf says what a key press asks for: Ctrl or Cmd with Z, with Shift the other way, and Ctrl-Y. */
export function keyOf(e: { key: string; ctrlKey: boolean; metaKey: boolean; shiftKey: boolean; altKey: boolean }): 'undo' | 'redo' | undefined {
  if (!(e.ctrlKey || e.metaKey) || e.altKey) return undefined;
  const key = e.key.toLowerCase();
  if (key === 'z') return e.shiftKey ? 'redo' : 'undo';
  return key === 'y' && !e.shiftKey ? 'redo' : undefined;
}
