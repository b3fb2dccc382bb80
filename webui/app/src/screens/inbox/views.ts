import { type Direction, isOver, mineToMove, type Row } from '../../api/referrals';

export type View = 'waiting' | 'overdue' | 'soon' | 'all' | 'closed';
export const views: Record<Direction, View[]> = { in: ['waiting', 'overdue', 'soon', 'all', 'closed'], out: ['waiting', 'overdue', 'all', 'closed'] };

const day = 24 * 3600 * 1000;

/** shows says whether a referral belongs to a view. */
export function shows(view: View, r: Row, now: number): boolean {
  switch (view) {
    case 'waiting': return mineToMove(r) && !isOver(r);
    case 'overdue': return Boolean(r.late) && !isOver(r);
    case 'soon': return !isOver(r) && mineToMove(r) && r.replyBy !== undefined && r.replyBy - now < day;
    case 'closed': return isOver(r);
    case 'all': return true;
  }
}
