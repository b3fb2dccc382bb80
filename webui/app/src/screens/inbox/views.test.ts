import { describe, expect, test } from 'vitest';
import type { Row } from '../../api/referrals';
import { shows } from './views';

const now = Date.UTC(2026, 10, 23, 12);
const row = (r: Partial<Row>): Row => ({ id: 'x', reference: 'RW-1', direction: 'in', partner: 'p', state: 'received', words: '', since: now, status: 'new', statusWords: '', statusSince: now, version: 1, turn: 'recipient', ...r });

describe('views', () => {
  test('what waits for us depends on the side', () => {
    expect(shows('waiting', row({}), now)).toBe(true);
    expect(shows('waiting', row({ direction: 'out' }), now)).toBe(false);
    expect(shows('waiting', row({ direction: 'out', turn: 'sender' }), now)).toBe(true);
    expect(shows('waiting', row({ erased: true }), now)).toBe(false);
  });
  test('a closed one is neither late nor waiting', () => {
    const closed = row({ status: 'declined', late: true });
    expect(shows('overdue', closed, now)).toBe(false);
    expect(shows('waiting', closed, now)).toBe(false);
    expect(shows('closed', closed, now)).toBe(true);
    expect(shows('all', closed, now)).toBe(true);
  });
  test('due within a day', () => {
    expect(shows('soon', row({ replyBy: now + 23 * 3600e3 }), now)).toBe(true);
    expect(shows('soon', row({ replyBy: now + 25 * 3600e3 }), now)).toBe(false);
    expect(shows('soon', row({}), now)).toBe(false);
  });
});
