import type { Direction, View } from '../../api/referrals';

/** Shown is a view of the lists; "all" is every referral. */
export type Shown = Exclude<View, 'stuck'> | 'all';
export const views: Record<Direction, Shown[]> = { in: ['waiting', 'overdue', 'soon', 'urgent', 'mine', 'all', 'closed'], out: ['waiting', 'overdue', 'urgent', 'mine', 'all', 'closed'] };

/** counted are the views of which the node says how many there are. */
export const counted = ['waiting', 'overdue', 'soon', 'mine'] as const;
