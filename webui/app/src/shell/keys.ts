import { useEffect, useState, useSyncExternalStore } from 'react';

// Keys of one letter can be turned off, for who speaks to the computer or hits keys by chance (WCAG 2.2, 2.1.4).
const kept = 'referworks.keys';
const listeners = new Set<() => void>();
const on = () => localStorage.getItem(kept) !== 'off';

/** useSingleKeys gives whether keys of one letter do something in this browser, and the switch. */
export function useSingleKeys(): [boolean, (next: boolean) => void] {
  const now = useSyncExternalStore((l) => { listeners.add(l); return () => listeners.delete(l); }, on);
  return [now, (next) => { localStorage.setItem(kept, next ? 'on' : 'off'); for (const l of listeners) l(); }];
}

/** typing tells whether a key belongs to what has the focus. */
export function typing(target: EventTarget | null): boolean {
  const e = target instanceof HTMLElement ? target : undefined;
  return Boolean(e && (e.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(e.tagName) || e.closest('[role="dialog"]')));
}

/** useKey does something when a key of one letter is pressed outside of fields and dialogs. */
export function useKey(keys: string[], act: (key: string) => void) {
  const [enabled] = useSingleKeys();
  const [list] = useState(keys);
  useEffect(() => {
    if (!enabled) return;
    const press = (e: KeyboardEvent) => {
      if (e.defaultPrevented || e.ctrlKey || e.metaKey || e.altKey || typing(e.target) || !list.includes(e.key)) return;
      e.preventDefault();
      act(e.key);
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [enabled, list, act]);
}
