import { Text } from '@mantine/core';
import type { Virtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type RefObject, useId, useRef } from 'react';
import { useWords } from '../../i18n/language';
import { curve, type Line, type Wish } from './lines';
import type { Dragging } from './useDrag';
import type { Place } from './Match';

interface ListProps {
  box: RefObject<HTMLDivElement | null>;
  list: Virtualizer<HTMLDivElement, Element>;
  places: Place[];
  active: number;
  onActive(n: number): void;
  carried: string | undefined; // label of the field that is picked up
  used: Wish[];
  over: string | undefined;
  onDrop(place: string | undefined): void;
  onVisit(place: string): void;
}

/** StandardList is the standard on the right: a list box, in which a field that was picked up is put down. */
export function StandardList({ box, list, places, active, onActive, carried, used, over, onDrop, onVisit }: ListProps) {
  const say = useWords();
  const id = useId();
  const typed = useRef({ text: '', at: 0 });
  const go = (n: number) => {
    const at = Math.min(Math.max(n, 0), places.length - 1);
    onActive(at);
    list.scrollToIndex(at, { align: 'auto' });
  };
  const key = (e: KeyboardEvent) => {
    const page = 8;
    const steps: Record<string, number> = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: places.length - 1 };
    const to = steps[e.key];
    if (to !== undefined) go(to);
    else if (e.key === 'Enter' || (e.key === ' ' && typed.current.text === '')) { const p = places[active]?.place; if (p) (carried === undefined ? onVisit : onDrop)(p); }
    else if (e.key === 'Escape' && carried !== undefined) onDrop(undefined);
    else if (e.key.length === 1 && !e.ctrlKey && !e.metaKey && !e.altKey) {
      const t = typed.current;
      t.text = e.timeStamp - t.at > 1200 ? e.key : t.text + e.key;
      t.at = e.timeStamp;
      const want = t.text.toLowerCase();
      const hit = places.findIndex((p) => p.short.toLowerCase().startsWith(want));
      if (hit >= 0) go(hit);
      setTimeout(() => { if (performance.now() - t.at > 1100) t.text = ''; }, 1250);
    } else return;
    e.preventDefault();
  };
  const tied = new Map(used.map((w) => [w.to, w.kind]));
  return (
    <div ref={box} className="rw-m-scroll" role="listbox" tabIndex={0} aria-label={carried === undefined ? say('fields.standard') : say('fields.putdown', { field: carried })} aria-activedescendant={places[active] ? `${id}-${active}` : undefined} onKeyDown={key} data-carrying={carried !== undefined || undefined}>
      <div className="rw-m-list" role="presentation" style={{ height: list.getTotalSize() }}>
        {list.getVirtualItems().map((v) => {
          const p = places[v.index];
          if (!p) return null;
          const first = places[v.index - 1]?.group !== p.group;
          return (
            <div key={v.key} id={`${id}-${v.index}`} ref={list.measureElement} data-index={v.index} data-place={p.place} role="option" aria-selected={v.index === active} aria-setsize={places.length} aria-posinset={v.index + 1} className="rw-m-place" data-active={v.index === active || undefined} data-over={over === p.place || undefined} data-tied={tied.get(p.place)}
              style={{ transform: `translateY(${v.start}px)` }} onClick={() => { onActive(v.index); (carried === undefined ? onVisit : onDrop)(p.place); }}>
              {first && <span className="rw-m-group" aria-hidden>{p.group}</span>}
              <span className="rw-m-target"><Text span size="sm" fw={500}>{p.short}</Text><span className="rw-m-unseen">, {p.group}</span>{p.field.help && <Text span size="xs" className="rw-quiet rw-m-help">{p.field.help}</Text>}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Lines are drawn between what is visible of the two lists. They say nothing that the rows do not say. */
export function Lines({ lines, width, height, drag, box }: { lines: Line[]; width: number; height: number; drag: Dragging | undefined; box: RefObject<HTMLDivElement | null> }) {
  const at = box.current?.getBoundingClientRect();
  return (
    <svg className="rw-m-lines" width={width} height={Math.max(height, 0)} aria-hidden>
      {lines.map((l) => <path key={l.key} d={l.d} data-kind={l.kind} data-cut={l.cut || undefined} />)}
      {drag && at && <path d={curve(0, drag.from - at.top, drag.x - at.right, drag.y - at.top)} data-kind="drag" />}
    </svg>
  );
}
