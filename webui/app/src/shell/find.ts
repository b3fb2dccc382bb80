import type { Row } from '../api/referrals';

export interface Found { key: string; to: string; title: string; about: string }

/** fold makes a text comparable: without marks and capitals. */
export const fold = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** find looks for entries that have all words. A number may be written without its marks. */
export function find<T extends { title: string; about: string }>(entries: T[], query: string, most: number): T[] {
  const words = fold(query).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const has = (e: T) => { const text = fold(`${e.title} ${e.about}`); const bare = text.replace(/-/g, ''); return words.every((w) => text.includes(w) || bare.includes(w.replace(/-/g, ''))); };
  const rank = (e: T) => (fold(e.title).startsWith(words[0] ?? '') ? 0 : 1);
  return entries.filter(has).sort((a, b) => rank(a) - rank(b)).slice(0, most);
}

/** referralEntry is a line of a list as the search sees it: number, partner, state, initials and need. */
export const referralEntry = (r: Row, status: string, where: string): Found => ({
  key: r.id, to: `/${r.direction === 'in' ? 'inbox' : 'sent'}/${encodeURIComponent(r.id)}`, title: r.reference, about: [where, r.initials, r.need, r.partnerName, status, r.theirReference, r.assigneeName].filter(Boolean).join(' · '),
});
