import type { Connection, ConnectionBody, Kind, Setting } from '../../api/setup';

/** apiKind is what needs no medium: a program of ours posts to the node with a key. */
export const apiKind: Kind = { name: 'api', title: '', group: 'programs', ways: ['in'], settings: [] };

export const groups = ['mail', 'systems', 'files', 'programs'] as const;

// The pages of the handbook about kinds that have another name there; those of ready connections have their own.
const pages: Record<string, string> = { email: 'email', folder: 'files', sftp: 'files', xml: 'xml', api: 'api', webhook: 'api', rest: 'generic-rest' };

/** pageOf gives the page of the handbook about a kind. */
export const pageOf = (kind: Kind): string | undefined => pages[kind.name] ?? (kind.ready ? kind.name : undefined);

/** applies tells whether a setting counts with these values. */
export function applies(s: Setting, kind: Kind, values: Record<string, string>): boolean {
  if (!s.when) return true;
  const other = (kind.settings ?? []).find((o) => o.name === s.when?.setting);
  const v = values[s.when.setting] || other?.default || '';
  return s.when.is?.length ? s.when.is.includes(v) : v !== '';
}

// What only somebody who knows the server or the system's API fills in, and most do not need.
const expert = ['dkim-selector', 'oauth-url', 'pin', 'imap-pin', 'provider', 'id-path', 'lookup-url'];

/** plain tells which settings stand in the open: what is asked for, what others hang on, and what hangs on those. The rest is folded. */
export function plain(s: Setting, kind: Kind): boolean {
  if (!s.required && [s.name, s.when?.setting].some((n) => n !== undefined && expert.includes(n))) return false;
  const steers = (kind.settings ?? []).some((o) => o.when?.setting === s.name);
  return Boolean(s.required) || steers || s.type === 'secret' || (s.type !== 'text' && !s.default);
}

/** fresh is a connection that nobody filled in yet. */
export function fresh(kind: Kind, name: string): ConnectionBody {
  return { id: '', name, kind: kind.name, direction: kind.ways?.[0] ?? 'out', settings: {}, recipients: {}, rules: [], needs: [] };
}

/** body is what is stored of a connection that was shown. */
export function body(c: Connection): ConnectionBody {
  const { state: _, ...rest } = c;
  return { ...rest, settings: rest.settings ?? {}, recipients: rest.recipients ?? {}, rules: rest.rules ?? [], needs: rest.needs ?? [] };
}

/** idFrom makes an id out of a name that no other connection has. */
export function idFrom(name: string, taken: string[]): string {
  const base = name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 34) || 'connection';
  let id = base;
  for (let n = 2; taken.includes(id) || id === 'new'; n++) id = `${base}-${n}`;
  return id;
}

/** tidy drops values that count no more, and what is empty. */
export function tidy(c: ConnectionBody, kind: Kind): ConnectionBody {
  const values = c.settings ?? {};
  const keep = (kind.settings ?? []).filter((s) => s.type !== 'secret' && applies(s, kind, values) && (values[s.name] ?? '') !== '').map((s) => [s.name, values[s.name] ?? '']);
  const out = c.direction === 'out';
  const rest: ConnectionBody = { ...c, settings: Object.fromEntries(keep) as Record<string, string>, rules: out ? [] : (c.rules ?? []).filter((r) => (r.to?.length ?? 0) > 0 || (r.needs?.length ?? 0) > 0 || (r.areas?.length ?? 0) > 0), recipients: out ? {} : c.recipients, needs: c.direction === 'in' ? [] : c.needs };
  if (out) delete rest.consent;
  return rest;
}
