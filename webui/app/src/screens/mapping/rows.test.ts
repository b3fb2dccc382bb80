import { describe, expect, test } from 'vitest';
import type { Field, Suggestion } from '../../api/mapping';
import { blank, type Doc, lock } from './document';
import { canonicalIn, countsOf, found, offerOf, rowsOf, sureOnes } from './rows';

const field = (path: string, more: Partial<Field> = {}): Field => ({ path, kind: 'text', filled: 1, ...more });
const guess = (local: string, place: string, chosen = false): Suggestion => ({ local, band: chosen ? 'sure' : 'likely', chosen, candidates: [{ place, standard: place.replace(/\[[^\]]*\]/g, '[]'), label: place, band: 'likely', reasons: ['the name'], score: 0.7 }] });
const doc: Doc = { ...blank('x', 'X', 'UTC', 'en'), rules: [
  { id: 'first', label: 'First', local: 'first', standard: 'person.names[].given' },
  { id: 'born', local: 'born', standard: 'person.birthDate.value', via: [{ fn: 'date', formats: ['MM/DD/YYYY', 'DD/MM/YYYY'] }] },
  { id: 'mode', standard: 'target.program', direction: 'in', via: [{ fn: 'constant', value: 'Elder' }] },
  { id: 'old', local: 'old', standard: 'narrative.summary' },
] };
const seen = { doc, fields: [field('first', { examples: ['', 'Ann'] }), field('born', { ask: 'Day or month first?' }), field('nick'), field('ssn'), field('zzz')], suggestions: [guess('first', 'person.names[].given', true), guess('nick', 'person.names[use=preferred].full'), guess('ssn', 'person.governmentIds[].value', true)], rejected: [], never: ['ssn'], mistakes: [{ rule: 'old', sentence: 'wrong' }] };

describe('rows', () => {
  test('one for each field, for what rules name beside, and for fixed values', () => {
    const rows = rowsOf(seen);
    expect(rows.map((r) => [r.key, r.sure])).toEqual([['first', 'sure'], ['born', 'check'], ['nick', 'check'], ['ssn', 'kept'], ['zzz', 'none'], ['old', 'sure'], ['#mode', 'sure']]);
    expect(rows[0]).toMatchObject({ label: 'First', example: 'Ann' });
    expect(rows[2]?.offer?.place).toBe('person.names[use=preferred].full');
    expect(rows[5]?.mistakes).toHaveLength(1);
    expect(rows[6]).toMatchObject({ label: 'Elder', local: '' });
  });
  test('each field is counted once, fixed values not at all', () => {
    const n = countsOf(rowsOf(seen));
    expect(n).toEqual({ fields: 6, matched: 2, check: 2, extra: 1, kept: 1, lost: 0 });
    expect(n.matched + n.check + n.extra + n.kept + n.lost).toBe(n.fields);
    expect(countsOf(rowsOf({ ...seen, doc: { ...doc, unmapped: { policy: 'drop' } } })).lost).toBe(1);
  });
  test('a suggestion that was turned down is not offered again, nor one whose place is taken', () => {
    expect(rowsOf({ ...seen, rejected: [{ local: 'nick', standard: 'person.names[].full' }] })[2]?.sure).toBe('none');
    expect(offerOf(guess('other', 'person.names[].given'), [], doc)).toBeUndefined();
    expect(offerOf(guess('other', 'person.gender[]'), [], doc)?.place).toBe('person.gender[]');
  });
  test('a question about dates is answered when one way to read them is left', () => {
    const answered = { ...doc, rules: doc.rules.map((r) => (r.id === 'born' ? { ...r, via: [{ fn: 'date', formats: ['MM/DD/YYYY', 'YYYY'] }] } : r)) };
    expect(rowsOf({ ...seen, doc: answered })[1]).toMatchObject({ sure: 'sure', ask: undefined });
  });
  test('what is sure is taken over only for free fields and places, and never a government number', () => {
    const more = [...seen.suggestions, guess('city', 'person.addresses[].city', true), guess('again', 'person.names[].given', true)];
    expect(sureOnes(doc, more, [], ['ssn'])).toEqual([{ local: 'city', standard: 'person.addresses[].city' }]);
    expect(sureOnes(lock(doc, 'city', ''), more, [], ['ssn'])).toEqual([]);
  });
  test('search and filter', () => {
    const rows = rowsOf(seen);
    const goes = () => 'given name';
    expect(found(rows, 'FIR giv', 'all', goes).map((r) => r.key)).toEqual(['first']);
    expect(found(rows, '', 'check', goes).map((r) => r.key)).toEqual(['born', 'nick']);
    expect(found(rows, '', 'wrong', goes).map((r) => r.key)).toEqual(['old']);
  });
  test('the listed place that a rule means', () => {
    const of = canonicalIn(['contact.points[kind=phone].value', 'contact.points[].value', 'people[role=adverse].names[].given', 'person.names[].full']);
    expect(of('contact.points[kind=phone,label=home]')).toBe('contact.points[kind=phone].value');
    expect(of('contact.points[kind=fax].value')).toBe('contact.points[].value');
    expect(of('people[role=adverse].names[].given')).toBe('people[role=adverse].names[].given');
    expect(of('person.names[]')).toBe('person.names[].full');
    expect(of('no.such')).toBe('no.such');
  });
});
