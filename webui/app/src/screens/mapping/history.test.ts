import { describe, expect, test } from 'vitest';
import { begin, keyOf, most, put, redo, undo } from './history';

describe('undo and redo', () => {
  test('back and forth, and a new act forgets what was taken back', () => {
    let h = put(put(begin(1), 2), 3);
    h = undo(undo(undo(h)));
    expect(h).toEqual({ past: [], now: 1, future: [2, 3] });
    h = redo(h);
    expect(h.now).toBe(2);
    expect(put(h, 9)).toEqual({ past: [1, 2], now: 9, future: [] });
    expect(redo(put(h, 9)).now).toBe(9);
    expect(put(h, 2)).toBe(h);
  });
  test('it does not grow for ever', () => {
    let h = begin(0);
    for (let i = 1; i <= most + 50; i++) h = put(h, i);
    expect(h.past).toHaveLength(most);
  });
  test('keys', () => {
    const key = (key: string, more = {}) => keyOf({ key, ctrlKey: true, metaKey: false, shiftKey: false, altKey: false, ...more });
    expect([key('z'), key('Z', { shiftKey: true }), key('y'), key('z', { ctrlKey: false }), key('z', { ctrlKey: false, metaKey: true }), key('a'), key('z', { altKey: true })]).toEqual(['undo', 'redo', 'redo', undefined, 'undo', undefined, undefined]);
  });
});
