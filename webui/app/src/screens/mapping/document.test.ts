import { describe, expect, test } from 'vitest';
import { addFixed, addTest, blank, changeRule, type Doc, dropRule, dropTest, idOf, isDoc, joinPlain, localsOf, lock, lockOf, merge, replaceRule, setCode, type Table, tableOf, unjoin, unlock, withTable } from './document';

const base = (): Doc => ({
  ...blank('ours', 'Ours', 'America/New_York', 'en'),
  rules: [
    { id: 'street', local: ['street', 'apt'], standard: 'person.addresses[].lines[]', via: [{ fn: 'list' }] },
    { id: 'sex', local: 'sex', standard: 'person.gender[]', via: [{ fn: 'value', table: 'sex' }] },
  ],
  valueTables: { sex: { system: 'gender', rows: [{ ours: 'F', code: 'female' }] } },
});

describe('the document', () => {
  test('a name for the node of a name for people', () => {
    expect(idOf('Intake sheet, 2026')).toBe('intake-sheet-2026');
    expect(idOf('  Refugiados – Ñandú  ')).toBe('refugiados-nandu');
    expect(idOf('!!!')).toBe('');
    expect(idOf('x'.repeat(60)).length).toBe(40);
  });

  test('acts leave what was as it was', () => {
    const was = base();
    const copy = structuredClone(was);
    const next = unlock(lock(unjoin(changeRule(joinPlain(addFixed(was, 'target.program', 'Elder'), 'zip', 'person.addresses[].postalCode', 'Zip'), 'zip', { required: true }), 'sex'), 'ssn', 'never'), 'ssn', true, 'the court asks');
    expect(was).toEqual(copy);
    expect(next.rules.map((r) => r.id)).toEqual(['street', 'fixed-target-program', 'zip']);
    expect(next.never).toEqual([{ local: 'ssn', allow: true, reason: 'the court asks' }]);
  });

  test('a rule of several places keeps the others, and its function goes when one is left', () => {
    const rule = unjoin(base(), 'apt').rules[0];
    expect(rule?.local).toBe('street');
    expect(rule?.via).toBeUndefined();
    expect(localsOf(base().rules[0] ?? { id: '' })).toEqual(['street', 'apt']);
    expect(unjoin(unjoin(base(), 'apt'), 'street').rules).toHaveLength(1);
  });

  test('a value table goes with the last rule that used it', () => {
    expect(unjoin(base(), 'sex').valueTables).toBeUndefined();
    expect(dropRule(base(), 'street').valueTables).toBeDefined();
    const two = joinPlain(base(), 'gender2', 'person.gender[]');
    const both = changeRule(two, 'gender2', { via: [{ fn: 'value', table: 'sex' }] });
    expect(unjoin(both, 'sex').valueTables).toBeDefined();
  });

  test('a cleared member leaves no trace that the engine would refuse', () => {
    expect(Object.keys(changeRule(base(), 'sex', { label: '', required: undefined, via: [] }).rules[1] ?? {})).toEqual(['id', 'local', 'standard']);
  });

  test('words and codes: one is written, of several for one code the first', () => {
    let t: Table = { rows: [{ ours: 'F', code: 'female' }] };
    t = setCode(t, 'Woman', { code: 'female', label: 'Woman' });
    expect(t.rows).toEqual([{ ours: 'F', code: 'female', default: true }, { ours: 'Woman', code: 'female', label: 'Woman' }]);
    t = setCode(t, ' f ', { code: 'x' });
    expect(t.rows.map((r) => [r.code, r.default])).toEqual([['x', undefined], ['female', undefined]]);
    expect(setCode(t, 'woman', undefined).rows).toHaveLength(1);
  });

  test('a table for a field that has none yet', () => {
    const doc = withTable(joinPlain(base(), 'need', 'needs[].codes[]'), 'need', 'lsc');
    const rule = doc.rules.find((r) => r.id === 'need');
    expect(rule && tableOf(rule)).toBe('need');
    expect(doc.valueTables?.need).toEqual({ system: 'lsc', rows: [] });
    expect(withTable(doc, 'need', 'lsc')).toBe(doc);
  });

  test('what stays: by the document, or a government number that nothing allows', () => {
    expect(lockOf(base(), 'ssn', true)).toMatchObject({ locked: true, own: false });
    expect(lockOf(unlock(base(), 'ssn', true, 'x'), 'ssn', true).locked).toBe(false);
    const kept = lock(base(), 'sex', 'private');
    expect(lockOf(kept, 'sex', false)).toMatchObject({ locked: true, reason: 'private', own: true });
    expect(kept.rules).toHaveLength(1);
    expect(unlock(kept, 'sex', false, '').never).toBeUndefined();
  });

  test('a draft of the engine comes under our own head', () => {
    const draft = { ...blank('draft', 'Draft', '', 'en'), side: { format: 'csv', absent: { Refused: 'declined' } }, rules: [{ id: 'a', local: 'a', standard: 'x' }] } as Doc;
    const next = merge({ ...base(), tests: [{ name: 't', direction: 'in', input: '', expect: {} }] }, draft);
    expect(next).toMatchObject({ id: 'ours', name: 'Ours', side: { format: 'csv', zone: 'America/New_York', absent: { Refused: 'declined' } }, rules: [{ id: 'a' }] });
    expect(next.tests).toHaveLength(1);
    expect(next.valueTables).toBeUndefined();
  });

  test('stored tests by name, and a rule written by hand', () => {
    const t = { name: 'one', direction: 'in' as const, input: '{}', expect: {} };
    const doc = addTest(addTest(base(), t), { ...t, input: '{"a":1}' });
    expect(doc.tests).toHaveLength(1);
    expect(dropTest(doc, 'one').tests).toBeUndefined();
    expect(replaceRule(base(), 'sex', { id: 'sex', local: 's' }).rules[1]).toEqual({ id: 'sex', local: 's' });
  });

  test('what cannot be shown is told apart', () => {
    expect(isDoc(base())).toBe(true);
    for (const bad of [null, 7, {}, { ...base(), rules: [{}] }, { ...base(), side: 7 }, { ...base(), valueTables: { x: {} } }, { ...base(), rules: [{ id: 'x', via: [1] }] }]) expect(isDoc(bad)).toBe(false);
  });
});
