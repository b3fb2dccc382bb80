import { describe, expect, test } from 'vitest';
import { blank, type Doc } from './document';
import { argument, argumentsOf, fnOf, stepsOf, withArgument } from './functions';
import { Names } from './place';
import { codedOf, guessesFor, marked, pathTo } from './values';
import { noteOf, readNote } from './work';
import { tell, testOf } from './check';

const names = new Names([{ path: 'needs[].codes[]', group: 'Need', label: 'Need - Codes', kind: 'coded', class: 'P2', coded: true }, { path: 'person.access[]', group: 'P', label: 'P - A', kind: 'coded', class: 'P2', coded: true }, { path: 'x', group: 'X', label: 'X', kind: 'text', class: 'P1' }]);
const doc: Doc = { ...blank('x', 'X', 'UTC', 'en'), rules: [
  { id: 'need', label: 'Problem', local: 'need', standard: 'needs[].codes[]', via: [{ fn: 'value', table: 'needs' }] },
  { id: 'access', local: 'access', standard: 'person.access[]', via: [{ fn: 'split', separator: '; ' }, { fn: 'value', table: 'gone' }] },
  { id: 'x', local: 'x', standard: 'x' },
], valueTables: { needs: { system: 'lsc', rows: [{ ours: 'EVICTION', code: '63' }, { ours: 'Wills', code: '95' }] } } };
doc.side.absent = { Refused: 'declined' };
const fields = [{ path: 'need', kind: 'text', filled: 9, values: [{ text: 'Eviction', count: 5 }, { text: 'Ghosts', count: 3 }, { text: 'Refused', count: 1 }] }, { path: 'access', kind: 'text', filled: 1, examples: ['Ramp; Quiet room'] }];

describe('values', () => {
  test('those without a code first, with counts; split ones apart', () => {
    const [need, access] = codedOf(doc, fields, names);
    expect(need?.words.map((w) => [w.ours, w.count, w.row?.code, w.absent, w.open])).toEqual([['Ghosts', 3, undefined, undefined, true], ['Eviction', 5, '63', undefined, false], ['Refused', 1, undefined, 'declined', false], ['Wills', 0, '95', undefined, false]]);
    expect(need).toMatchObject({ label: 'Problem', standard: 'needs[].codes[]', system: 'lsc', open: 1 });
    expect(access?.words.map((w) => w.ours)).toEqual(['Ramp', 'Quiet room']);
    expect(codedOf(doc, fields, names)).toHaveLength(2);
  });
  test('looking again is due when other values are open', () => {
    const was = marked(codedOf(doc, fields, names));
    expect(marked(codedOf(doc, [fields[0] ?? { path: '', kind: '', filled: 0 }, { path: 'access', kind: 'text', filled: 1, examples: ['ramp ;  quiet room'] }], names))).toBe(was);
    expect(marked(codedOf(doc, [{ path: 'need', kind: 'text', filled: 1, examples: ['Bats'] }], names))).not.toBe(was);
  });
  test('suggestions without what was turned down or means no answer', () => {
    const g = [{ ours: 'Ghosts', band: 'likely', candidates: [{ system: 'lsc', code: '1', band: 'likely', score: 1, reason: '' }, { system: 'absent', code: 'unknown', band: 'maybe', score: 1, reason: '' }, { system: 'lsc', code: '2', band: 'maybe', score: 1, reason: '' }] }];
    expect(guessesFor(g, 'ghosts', [{ ours: 'Ghosts', code: '1' }]).map((c) => c.code)).toEqual(['2']);
    expect(guessesFor(undefined, 'x', [])).toEqual([]);
  });
  test('where a code stands', () => {
    const list = [{ code: '#6', label: 'Housing', spanish: 'Vivienda' }, { code: '63', label: 'Landlord', parent: '#6' }];
    expect(pathTo(list, '63', false)).toEqual(['Housing']);
    expect(pathTo(list, '63', true)).toEqual(['Vivienda']);
    expect(pathTo([{ code: 'a', parent: 'a' }], 'a', false).length).toBeLessThan(9);
  });
  test('what is kept on the node has no example in it', () => {
    const coded = codedOf(doc, fields, names);
    const secret = [...fields, { path: 'x', kind: 'text', filled: 1, examples: ['Zebulona'], values: [{ text: 'Zebulona' }] }];
    const note = noteOf(secret, [], ['ssn'], [], 's', coded);
    expect(JSON.stringify(note)).not.toContain('Zebulona');
    expect(note.fields[0]?.values?.length).toBe(4);
    expect(readNote(JSON.parse(JSON.stringify(note)))).toMatchObject({ never: ['ssn'], seen: 's' });
    expect(readNote('odd')).toMatchObject({ fields: [], rejected: [], seen: '' });
  });
});

describe('functions', () => {
  test('the form shows one function and its questions', () => {
    expect(fnOf({ id: 'a' })).toBe('');
    expect(fnOf({ id: 'a', via: [{ fn: 'split' }, { fn: 'value' }] })).toBeUndefined();
    expect(fnOf({ id: 'a', via: [{ fn: 'expr', code: 'x' }] })).toBeUndefined();
    const r = { id: 'a', via: stepsOf('date') };
    const [formats] = argumentsOf('date');
    if (!formats) throw new Error('dates have formats');
    expect(argument(r, formats)).toContain('MM/DD/YYYY');
    expect(withArgument(r, formats, ' YYYY ,, DD.MM.YYYY')).toEqual([{ fn: 'date', formats: ['YYYY', 'DD.MM.YYYY'] }]);
    expect(withArgument({ id: 'b', via: [{ fn: 'phone', region: 'US' }] }, { name: 'region', list: false }, '')).toEqual([{ fn: 'phone' }]);
  });
});

describe('the check', () => {
  const field = (rule: string, status: string, more = {}) => ({ rule, status, label: rule, path: rule, local: [rule], ...more });
  const one = { referral: { x: 'there', needs: [{ codes: [{ label: 'Eviction', code: '63' }] }] }, report: { mapping: 'x', name: 'X', direction: 'in', version: '', fields: [field('x', 'normalized'), field('need', 'flagged', { reason: 'look' }), field('access', 'empty')], carried: [{ label: 'Shoe', local: 'list[0].shoe' }], dropped: [{ label: 'Ssn', local: 'ssn', reason: 'never' }] } };
  test('there and back, line by line', () => {
    const lines = tell(doc, one, new Map([['x', 'here'], ['list[].shoe', '9']]), new Map([['x', 'home']]));
    expect(lines.map((l) => [l.label, l.fate, l.ours, l.there, l.home])).toEqual([['x', 'changed', 'here', 'there', 'home'], ['need', 'look', '', 'Eviction', ''], ['Shoe', 'extra', '9', '9', ''], ['Ssn', 'stays', '', '', '']]);
  });
  test('a test of what comes out now', () => {
    expect(testOf(doc, one, 'now', '{}')).toEqual({ name: 'now', direction: 'in', input: '{}', expect: { x: 'there', 'needs[0].codes[0]': 'Eviction' } });
  });
});
