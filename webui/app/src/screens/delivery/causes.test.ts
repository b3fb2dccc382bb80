import { expect, test } from 'vitest';
import type { Row } from '../../api/referrals';
import { causes } from './causes';

const row = (id: string, r: Partial<Row>): Row => ({ id, reference: id, direction: 'out', partner: 'a', state: 'waiting', words: '', since: 5, status: 'new', statusWords: '', statusSince: 0, version: 1, ...r });

test('one cause for each partner and reason; what goes on by itself is none', () => {
  const got = causes([
    row('1', { reason: 'The words were not compared.' }), row('2', { reason: 'The words were not compared.' }), row('3', { reason: 'Off.', partner: 'b', since: 1 }),
    row('4', { state: 'queued' }), row('7', { state: 'queued', reason: 'Off.', partner: 'd', since: 9 }), row('5', { state: 'queued', alarm: 'late', partner: 'c' }), row('6', { direction: 'in', state: 'refused' }),
  ]);
  expect(got.map((c) => [c.partner, c.rows.map((r) => r.id)])).toEqual([['b', ['3']], ['a', ['1', '2']], ['c', ['5']], ['d', ['7']]]);
});
