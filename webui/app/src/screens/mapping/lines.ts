// Where the lines between the two lists run. Only what is visible is drawn; a line to a place that is scrolled out of
// sight ends at the edge, so that one sees in which direction it lies.
export interface Box { key: string; top: number; height: number }
export interface Wish { from: string; to: string; kind: 'sure' | 'check' }
export interface Line { key: string; d: string; kind: 'sure' | 'check'; cut: boolean }

/** linesOf gives the curves of the wishes between a left and a right edge. order says how far down each place is. */
export function linesOf(wishes: Wish[], left: Box[], right: Box[], order: (place: string) => number, size: { width: number; height: number }): Line[] {
  const lefts = new Map(left.map((b) => [b.key, b]));
  const rights = new Map(right.map((b) => [b.key, b]));
  const first = right[0] ? order(right[0].key) : 0;
  return wishes.flatMap((w) => {
    const a = lefts.get(w.from);
    if (!a) return [];
    const y1 = a.top + a.height / 2;
    if (y1 < 0 || y1 > size.height) return [];
    const b = rights.get(w.to);
    let y2 = b ? b.top + b.height / 2 : order(w.to) < first ? 0 : size.height;
    const cut = !b || y2 < 0 || y2 > size.height;
    y2 = Math.min(Math.max(y2, 0), size.height);
    return [{ key: `${w.from} ${w.to}`, d: curve(0, y1, size.width, y2), kind: w.kind, cut }];
  });
}

/** curve is a line that leaves and arrives level. */
export function curve(x1: number, y1: number, x2: number, y2: number): string {
  const half = (x2 - x1) / 2;
  return `M${r(x1)} ${r(y1)} C${r(x1 + half)} ${r(y1)} ${r(x2 - half)} ${r(y2)} ${r(x2)} ${r(y2)}`;
}

const r = (n: number) => Math.round(n * 10) / 10;
