import { type PointerEvent as ReactPointer, useCallback, useEffect, useRef, useState } from 'react';

/** Dragging is a field on its way to a place; positions are those of the window. */
export interface Dragging { local: string; from: number; x: number; y: number; over?: string }

const start = 5; // pixels before a press is a drag
const edge = 36; // pixels from an edge of the list at which it scrolls

/** useDrag carries a field to a place of the standard with a pointer. What it does, the keyboard and the boxes do too. */
export function useDrag(drop: (local: string, place: string) => void) {
  const [state, setState] = useState<Dragging>();
  const held = useRef<{ local: string; x: number; y: number; from: number; moving: boolean }>(undefined);
  const put = useRef(drop);
  put.current = drop;

  useEffect(() => {
    const placeAt = (x: number, y: number) => document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-place]')?.dataset.place;
    const move = (e: PointerEvent) => {
      const h = held.current;
      if (!h) return;
      if (!h.moving && Math.hypot(e.clientX - h.x, e.clientY - h.y) < start) return;
      h.moving = true;
      e.preventDefault();
      const list = document.elementFromPoint(e.clientX, e.clientY)?.closest<HTMLElement>('[role="listbox"]');
      if (list) {
        const box = list.getBoundingClientRect();
        if (e.clientY < box.top + edge) list.scrollBy(0, -14);
        else if (e.clientY > box.bottom - edge) list.scrollBy(0, 14);
      }
      setState({ local: h.local, from: h.from, x: e.clientX, y: e.clientY, over: placeAt(e.clientX, e.clientY) });
    };
    const end = (e: PointerEvent) => {
      const h = held.current;
      held.current = undefined;
      setState(undefined);
      if (!h?.moving || e.type !== 'pointerup') return;
      const swallow = (c: MouseEvent) => { c.stopPropagation(); c.preventDefault(); }; // the end of a drag is no press
      window.addEventListener('click', swallow, { capture: true });
      setTimeout(() => window.removeEventListener('click', swallow, { capture: true }), 0);
      const place = placeAt(e.clientX, e.clientY);
      if (place) put.current(h.local, place);
    };
    const key = (e: KeyboardEvent) => { if (e.key === 'Escape') { held.current = undefined; setState(undefined); } };
    window.addEventListener('pointermove', move);
    window.addEventListener('pointerup', end);
    window.addEventListener('pointercancel', end);
    window.addEventListener('keydown', key);
    return () => {
      window.removeEventListener('pointermove', move);
      window.removeEventListener('pointerup', end);
      window.removeEventListener('pointercancel', end);
      window.removeEventListener('keydown', key);
    };
  }, []);

  const begin = useCallback((local: string, e: ReactPointer) => {
    if (e.button !== 0) return;
    const box = (e.currentTarget as HTMLElement).closest('[data-row]')?.getBoundingClientRect();
    (e.currentTarget as HTMLElement).releasePointerCapture?.(e.pointerId);
    held.current = { local, x: e.clientX, y: e.clientY, from: box ? box.top + box.height / 2 : e.clientY, moving: false };
  }, []);
  return { state, begin };
}
