interface Offer { partnerName: string; service: { name: string; area?: string; needs?: { system: string; code: string }[] | null } }

const plain = (s: string) => s.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** fits tells whether an offer answers a search: by need, and by words in its name, its area, its needs or who offers it. */
export function fits(o: Offer, wanted: { need: string; text: string }, say: (c: { system: string; code: string }) => string): boolean {
  const needs = o.service.needs ?? [];
  if (wanted.need && !needs.some((n) => `${n.system}-${n.code}` === wanted.need)) return false;
  const all = plain([o.service.name, o.service.area ?? '', o.partnerName, ...needs.map(say)].join(' '));
  return plain(wanted.text).split(/\s+/).every((w) => all.includes(w));
}
