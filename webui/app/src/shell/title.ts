import { useEffect, useSyncExternalStore } from 'react';

// The title of the window never says anything about a person. A number before it counts what waits.
let name = '';
let waiting = 0;
const listeners = new Set<() => void>();

function write() {
  document.title = `${waiting > 0 ? `(${waiting}) ` : ''}${name ? `${name} · ` : ''}Referworks`;
  for (const l of listeners) l();
}

/** useTitle names the page in the window's title. */
export function useTitle(title: string) {
  useEffect(() => { name = title; write(); }, [title]);
}

export function countWaiting(n: number) {
  if (n !== waiting) { waiting = n; write(); }
}

/** useWaiting is the number that the title shows. */
export function useWaiting(): number {
  return useSyncExternalStore((l) => { listeners.add(l); return () => listeners.delete(l); }, () => waiting);
}
