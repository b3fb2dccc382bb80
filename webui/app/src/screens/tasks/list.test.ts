import { describe, expect, test } from 'vitest';
import { type Facts, progress, tasks } from './list';

const nothing: Facts = { profile: {}, connections: [], mappings: [], partners: [], invitations: 0, sent: [], kit: 0 };
const states = (f: Facts) => Object.fromEntries(tasks(f).map((t) => [t.id, t.state]));

describe('tasks', () => {
  test('on an empty node all is to do, and matching fields is not needed', () => {
    expect(states(nothing)).toEqual({ about: 'todo', way: 'todo', fields: 'skip', services: 'todo', partner: 'todo', practice: 'todo', kit: 'todo' });
    expect(progress(tasks(nothing), ['setup.change'])).toMatchObject({ done: 0, of: 6, next: { id: 'about' } });
  });

  test('each is done when what it is about is there', () => {
    const all: Facts = {
      profile: { contact: { email: 'a@harbor.test' }, services: [{}] }, zone: 'America/New_York', connections: [{ id: 'web-form', kind: 'api' }, { id: 'cases', kind: 'rest' }],
      mappings: [{ name: 'web-form' }, { name: 'cases' }], partners: [{ id: 'p', state: 'partner' }], practice: 'p', invitations: 0, sent: [{ practice: true, status: 'accepted' }], kit: 2,
    };
    expect(new Set(Object.values(states(all)))).toEqual(new Set(['done']));
    expect(progress(tasks(all), [])).toEqual({ done: 7, of: 7, next: undefined });
    expect(states({ ...all, mappings: [{ name: 'web-form' }] }).fields).toBe('todo');
  });

  test('what has begun is not done', () => {
    expect(states({ ...nothing, invitations: 1 }).partner).toBe('going');
    expect(states({ ...nothing, partners: [{ id: 'p', state: 'compare the words' }] }).partner).toBe('going');
    expect(states({ ...nothing, sent: [{ practice: true, status: 'new' }] }).practice).toBe('going');
    expect(states({ ...nothing, sent: [{ status: 'accepted' }] }).practice).toBe('todo');
    expect(states({ ...nothing, kit: 1 }).kit).toBe('going');
  });

  test('what is next is something that the person may do', () => {
    expect(progress(tasks(nothing), ['referrals.work']).next?.id).toBe('practice');
    expect(progress(tasks(nothing), []).next).toBeUndefined();
  });
});
