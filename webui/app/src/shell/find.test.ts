import { expect, test } from 'vitest';
import { find } from './find';

const list = [{ title: 'RW-7K3F-19', about: 'Inbox · Elm Street · Accepted' }, { title: 'RW-8A2C-44', about: 'Sent · Clínica Ruiz · Declined' }, { title: 'Inbox', about: '' }];

test('all words, in any order, without marks or capitals', () => {
  expect(find(list, 'rw7k3f', 5).map((f) => f.title)).toEqual(['RW-7K3F-19']);
  expect(find(list, 'clinica declined', 5).map((f) => f.title)).toEqual(['RW-8A2C-44']);
  expect(find(list, 'elm declined', 5)).toEqual([]);
  expect(find(list, 'inbox', 5).map((f) => f.title)).toEqual(['Inbox', 'RW-7K3F-19']);
  expect(find(list, '  ', 5)).toEqual([]);
});
