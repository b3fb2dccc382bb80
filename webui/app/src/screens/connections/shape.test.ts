import { describe, expect, test } from 'vitest';
import type { Kind, Setting } from '../../api/setup';
import { applies, fresh, idFrom, plain, tidy } from './shape';

const kind: Kind = {
  name: 'rest', title: 'HTTP', group: 'systems', ways: ['out'],
  settings: [
    { name: 'url', label: 'Address', type: 'url', required: true }, { name: 'auth', label: 'Sign-in', type: 'choice', choices: ['none', 'basic'], default: 'none' },
    { name: 'user', label: 'User', type: 'string', when: { setting: 'auth', is: ['basic'] } }, { name: 'password', label: 'Password', type: 'secret', when: { setting: 'user' } },
    { name: 'timeout', label: 'Time-out', type: 'integer', default: '30' },
  ],
};
const [url, auth, user, password, timeout] = kind.settings as NonNullable<Kind['settings']>;

describe('the form of a kind', () => {
  test('settings count when what they hang on says so', () => {
    expect(applies(user!, kind, {})).toBe(false);
    expect(applies(user!, kind, { auth: 'basic' })).toBe(true);
    expect(applies(password!, kind, { user: '' })).toBe(false);
    expect(applies(password!, kind, { user: 'ana' })).toBe(true);
  });
  test('what is rarely changed is folded', () => {
    expect([url, auth, user, password, timeout].map((s) => plain(s!, kind))).toEqual([true, true, true, true, false]);
    const signs: Setting[] = [{ name: 'dkim-selector', label: 'DKIM selector', type: 'string' }, { name: 'dkim-key', label: 'DKIM key', type: 'secret', when: { setting: 'dkim-selector' } }]; // for who knows what it is
    expect(signs.map((s) => plain(s, { ...kind, settings: signs }))).toEqual([false, false]);
  });
  test('values that count no more are not sent', () => {
    const c = { ...fresh(kind, 'Cases'), settings: { url: 'https://x.test', user: 'ana', timeout: '' }, consent: { basis: 'consent', method: 'verbal', capacity: 'self', days: 1 } };
    expect(tidy(c, kind).settings).toEqual({ url: 'https://x.test' });
    expect(tidy(c, kind).consent).toBeUndefined();
  });
  test('an id is plain and nobody else has it', () => {
    expect(idFrom('Correo de admisión', [])).toBe('correo-de-admision');
    expect(idFrom('Mail', ['mail', 'mail-2'])).toBe('mail-3');
    expect(idFrom('¿?', [])).toBe('connection');
    expect(idFrom('New', [])).toBe('new-2');
  });
});
