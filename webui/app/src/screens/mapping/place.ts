import type { StandardField } from '../../api/mapping';

// Paths as mapping documents write them, as far as the screen needs to read them: names, quoted names, and what stands in
// brackets.
export interface Segment { name: string; list: boolean; where: Record<string, string>; index?: number }

export function segments(path: string): Segment[] {
  const out: Segment[] = [];
  let i = 0;
  while (i < path.length) {
    let name = '';
    if (path[i] === '"') {
      for (i++; i < path.length && path[i] !== '"'; i++) name += path[i] === '\\' ? path[++i] : path[i];
      i++;
    } else {
      for (; i < path.length && path[i] !== '.' && path[i] !== '['; i++) name += path[i];
    }
    const s: Segment = { name, list: false, where: {} };
    while (path[i] === '[') {
      const end = path.indexOf(']', i);
      const inside = path.slice(i + 1, end < 0 ? undefined : end);
      s.list = true;
      if (/^\d+$/.test(inside)) s.index = Number(inside);
      for (const pair of inside.split(',')) {
        const cut = pair.indexOf('=');
        if (cut > 0) s.where[pair.slice(0, cut)] = pair.slice(cut + 1).replace(/^"|"$/g, '');
      }
      i = end < 0 ? path.length : end + 1;
    }
    out.push(s);
    if (path[i] === '.') i++;
  }
  return out;
}

/** general is a place of the standard without its conditions: people[role=adverse] is people[]. */
export const general = (path: string) => path.replace(/\[[^\]]*\]/g, '[]');

/** conditions are what the brackets of a place say, as "role=adverse". */
export function conditions(path: string): string[] {
  return segments(path).flatMap((s) => Object.entries(s.where).map(([k, v]) => `${k}=${v}`));
}

/** nameOf is the last name of a path of ours: what people call the field. */
export function nameOf(path: string): string {
  const all = segments(path);
  return all.at(-1)?.name || path;
}

/** Names finds the fields of the standard, also of a place that a function fills as a whole. */
export class Names {
  private readonly by = new Map<string, StandardField>();
  constructor(readonly fields: StandardField[]) { for (const f of fields) this.by.set(f.path, f); }

  /** of gives the field of a place; of a group the one that carries its meaning. */
  of(place: string): StandardField | undefined {
    const path = general(place);
    for (const tail of ['', '.value', '.full', '.phone', '.lines[]', '.name', '.amount', '[]']) {
      const f = this.by.get(path + tail);
      if (f) return f;
    }
    return undefined;
  }
}

type Tree = Record<string, unknown>;
const isTree = (v: unknown): v is Tree => typeof v === 'object' && v !== null && !Array.isArray(v);

/** textOf is what is shown of a leaf, or of a group that a function fills. */
export function textOf(v: unknown): string {
  if (v === null || v === undefined) return '';
  if (Array.isArray(v)) return v.map(textOf).filter(Boolean).join(', ');
  if (!isTree(v)) return String(v);
  const coded = 'code' in v || 'original' in v;
  for (const k of coded ? ['label', 'original', 'code'] : ['full', 'value', 'phone', 'text']) if (typeof v[k] === 'string' && v[k]) return v[k];
  if (v.absent) return '';
  return Object.entries(v).filter(([k]) => !['kind', 'use', 'role'].includes(k)).map(([, x]) => textOf(x)).filter(Boolean).join(', ');
}

/** valueAt reads a referral at a place, as a person would want to see it. */
export function valueAt(referral: unknown, place: string): string {
  let here: unknown[] = [referral];
  for (const s of segments(place)) {
    here = here.flatMap((v) => (isTree(v) && s.name in v ? [v[s.name]] : []));
    if (s.list) {
      here = here.flatMap((v) => (Array.isArray(v) ? (s.index === undefined ? v : v.slice(s.index, s.index + 1)) : [v]));
      here = here.filter((v) => Object.entries(s.where).every(([k, want]) => isTree(v) && textOf(v[k]) === want));
    }
  }
  return here.map(textOf).filter(Boolean).join('; ');
}
