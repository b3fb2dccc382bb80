import { describe, expect, test } from 'vitest';
import { formatOf, recordsIn } from './sample';

describe('samples', () => {
  test('the format by the name, else by how it looks', () => {
    expect(formatOf('a.XML', 'x')).toBe('xml');
    expect(formatOf('', '\ufeff [{"a":1}]')).toBe('json');
    expect(formatOf('', '<?xml version="1.0"?><a/>')).toBe('xml');
    expect(formatOf('', '<Referral><A/></Referral>')).toBe('xml');
    expect(formatOf('', '<html><body>x</body></html>')).toBe('mail');
    expect(formatOf('', 'First,Last\nAnn,Paz\n')).toBe('csv');
    expect(formatOf('', 'First\tLast\nAnn\tPaz, Dr.')).toBe('csv');
    expect(formatOf('', 'Name;"Town; street"\nAnn;"Lynn; Elm"')).toBe('csv');
    expect(formatOf('', 'First name: Ann, or Anna\nLast name: Paz, not Pas')).toBe('mail');
    expect(formatOf('notes.txt', 'A,B\n1,2')).toBe('csv');
    expect(formatOf('', '')).toBe('mail');
  });
  test('records one by one, a line break in a cell belongs to it', () => {
    expect(recordsIn('A,B\n1,"x\ny"\r\n\n2,z\n', 'csv')).toEqual(['A,B\n1,"x\ny"\n', 'A,B\n2,z\n']);
    expect(recordsIn('[{"a":1},{"a":2}]', 'json').map((r) => JSON.parse(r) as unknown)).toEqual([{ a: 1 }, { a: 2 }]);
    expect(recordsIn('{"id": 02139}', 'json')).toEqual(['{"id": 02139}']);
    expect(recordsIn('<a/>', 'xml')).toEqual(['<a/>']);
    expect(recordsIn('  ', 'csv')).toEqual([]);
  });
});
