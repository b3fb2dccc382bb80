import { expect, test } from 'vitest';
import { messages } from '../../i18n/all';
import { invitationIn, next, slug, states, tone } from './states';

test('every state has its words in both languages', () => {
  for (const s of states) for (const m of Object.values(messages)) expect(m[`partners.state.${s}`], s).toBeTruthy();
  expect(slug('Suspended by you')).toBe('suspended-by-you');
  expect(tone('something new')).toBe('over');
});

test('says the one thing to do next', () => {
  const p = { state: 'partner', theySend: 'yes', weSend: 'yes' };
  expect(next(p)).toBe('');
  expect(next({ ...p, alarm: 'Their charter changed.' })).toBe('alarm');
  expect(next({ ...p, state: 'compare the words' })).toBe('words');
  expect(next({ ...p, weSend: 'waiting for you' })).toBe('permit');
});

test('finds an invitation in what was pasted', () => {
  const text = 'rwinvite1.eyJhZGRyZXNzZXMiOlsiL2lwNC8xMjcu_-w';
  expect(invitationIn(text)).toBe(text);
  expect(invitationIn(`https://node.example.org/invite#${text}`)).toBe(text);
  expect(invitationIn(`Dear colleague,\n\n${text}\n\nBest wishes`)).toBe(text);
  expect(invitationIn('nothing here')).toBe('nothing here');
});
