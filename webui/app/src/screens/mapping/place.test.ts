import { describe, expect, test } from 'vitest';
import { conditions, general, Names, nameOf, segments, valueAt } from './place';
import { curve, linesOf } from './lines';

const referral = {
  person: { names: [{ given: 'Ann', family: 'Paz' }, { full: 'Annie', use: 'preferred' }], gender: [{ code: 'female', label: 'Woman', original: 'F' }], birthDate: { value: '1980-03-04' } },
  contact: { points: [{ kind: 'phone', label: 'home', value: '617 555 0123', e164: '+16175550123' }, { kind: 'email', value: 'a@example.org' }] },
  people: [{ role: 'adverse', names: [{ given: 'Bo' }] }, { role: 'witness', names: [{ given: 'Cy' }] }],
  urgency: { level: { absent: 'unknown' } },
};

describe('places', () => {
  test('paths are read', () => {
    expect(segments('"First Name"')).toEqual([{ name: 'First Name', list: false, where: {} }]);
    expect(segments('a[role=adverse,label="x y"].b[2].@c').map((s) => [s.name, s.where, s.index])).toEqual([['a', { role: 'adverse', label: 'x y' }, undefined], ['b', {}, 2], ['@c', {}, undefined]]);
    expect(general('people[role=adverse].names[0].given')).toBe('people[].names[].given');
    expect(conditions('people[role=adverse].names[].given')).toEqual(['role=adverse']);
    expect(nameOf('a."b c"')).toBe('b c');
    expect(segments('broken[')).toHaveLength(1);
  });
  test('values of a referral', () => {
    expect(valueAt(referral, 'person.names[].given')).toBe('Ann');
    expect(valueAt(referral, 'person.names[use=preferred].full')).toBe('Annie');
    expect(valueAt(referral, 'people[role=witness].names[].given')).toBe('Cy');
    expect(valueAt(referral, 'contact.points[kind=phone,label=home]')).toBe('617 555 0123');
    expect(valueAt(referral, 'person.gender[]')).toBe('Woman');
    expect(valueAt(referral, 'urgency.level')).toBe('');
    expect(valueAt(undefined, 'a.b')).toBe('');
  });
  test('the field of a place that a function fills as a whole', () => {
    const names = new Names([{ path: 'contact.points[].value', group: 'Contact', label: 'Contact - Number or address', kind: 'text', class: 'P2' }]);
    expect(names.of('contact.points[kind=phone]')?.label).toBe('Contact - Number or address');
    expect(names.of('nothing')).toBeUndefined();
  });
});

describe('lines', () => {
  const order = (p: string) => Number(p.slice(1));
  const left = [{ key: 'a', top: 0, height: 40 }, { key: 'b', top: 40, height: 40 }, { key: 'out', top: 900, height: 40 }];
  const right = [{ key: 'p3', top: -10, height: 40 }, { key: 'p4', top: 30, height: 40 }];
  test('run between the middles of what is visible', () => {
    const [line] = linesOf([{ from: 'a', to: 'p4', kind: 'sure' }], left, right, order, { width: 80, height: 400 });
    expect(line).toEqual({ key: 'a p4', d: curve(0, 20, 80, 50), kind: 'sure', cut: false });
    expect(line?.d).toBe('M0 20 C40 20 40 50 80 50');
  });
  test('end at the edge where the place lies, and none begins out of sight', () => {
    const lines = linesOf([{ from: 'a', to: 'p1', kind: 'sure' }, { from: 'b', to: 'p9', kind: 'check' }, { from: 'out', to: 'p4', kind: 'sure' }, { from: 'gone', to: 'p4', kind: 'sure' }], left, right, order, { width: 80, height: 400 });
    expect(lines.map((l) => [l.key, l.cut, l.d.split(' ').at(-1)])).toEqual([['a p1', true, '0'], ['b p9', true, '400']]);
  });
});
