import { describe, expect, test } from 'vitest';
import { facts, leaf, nameOf, places, spoken } from './content';

describe('reading a referral', () => {
  test('a leaf may hold words, a flag, a reason or a code', () => {
    expect(leaf('x')).toEqual({ text: 'x' });
    expect(leaf('')).toBeUndefined();
    expect(leaf(false)).toEqual({ flag: false });
    expect(leaf({ absent: 'declined' })).toEqual({ absent: 'declined' });
    expect(leaf({ original: 'Eviction', label: 'Landlord and tenant', code: '63' })).toEqual({ text: 'Eviction (Landlord and tenant)' });
    expect(leaf({ original: 'aunt' })).toEqual({ text: 'aunt' });
    expect(leaf(null)).toBeUndefined();
    expect(leaf([1])).toBeUndefined();
  });
  test('a name is never split when it came whole', () => {
    expect(nameOf({ full: 'María Elena de la Cruz', given: 'María' })).toBe('María Elena de la Cruz');
    expect(nameOf({ given: 'Tomás', family: 'Ruiz' })).toBe('Tomás Ruiz');
    expect(nameOf({})).toBe('');
  });
  test('every leaf of a group is found once', () => {
    expect(facts({ size: 3, income: [{ amount: 10 }, { amount: 20, kind: { code: 'w', label: 'Wages' } }], note: { absent: 'unknown' } })).toEqual([
      { path: ['size'], value: { text: '3' } },
      { path: ['income', '1', 'amount'], value: { text: '10' } },
      { path: ['income', '2', 'amount'], value: { text: '20' } },
      { path: ['income', '2', 'kind'], value: { text: 'Wages' } },
      { path: ['note'], value: { absent: 'unknown' } },
    ]);
    expect(places([{ names: [{ given: 'Rafael' }, { full: 'Rafa' }], role: 'adverse' }, { role: { absent: 'unknown' } }], 'people')).toEqual([
      { path: 'people[].names[].given', numbers: [1, 1], value: { text: 'Rafael' } },
      { path: 'people[].names[].full', numbers: [1, 2], value: { text: 'Rafa' } },
      { path: 'people[].role', numbers: [1], value: { text: 'adverse' } },
      { path: 'people[].role', numbers: [2], value: { absent: 'unknown' } },
    ]);
    expect(spoken(['income', '1', 'grossMonthly'])).toBe('Income – 1 – gross monthly');
  });
});
