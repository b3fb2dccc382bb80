import { type Row, troubled } from '../../api/referrals';

export interface Cause { key: string; partner: string; partnerName: string; state: string; reason: string; rows: Row[] }

/** causes groups what does not get through by partner and reason, the oldest trouble first. */
export function causes(rows: Row[]): Cause[] {
  const found = new Map<string, Cause>();
  for (const r of rows.filter(troubled)) {
    const key = [r.partner, r.state, r.code ?? '', r.reason ?? ''].join(' ');
    const cause = found.get(key) ?? { key, partner: r.partner, partnerName: r.partnerName ?? '', state: r.state, reason: r.reason ?? '', rows: [] };
    cause.rows.push(r);
    found.set(key, cause);
  }
  const oldest = (c: Cause) => Math.min(...c.rows.map((r) => r.since));
  return [...found.values()].sort((a, b) => oldest(a) - oldest(b));
}
