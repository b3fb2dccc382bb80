import { expect, test } from 'vitest';
import { lost, seenBy, told } from './views';

type Report = NonNullable<Parameters<typeof told>[0]>;
const report = {
  fields: [
    { label: 'Full name', path: 'person.names[].full', local: ['x'], status: 'ok' }, { label: 'Phone', path: 'contact.points[kind=phone]', local: ['x'], status: 'normalized' }, { label: 'When to call', path: 'contact.points[kind=phone].hours', local: ['x'], status: 'ok' },
    { label: 'Address', path: 'person.addresses[]', local: ['x'], status: 'unreadable' }, { label: 'E-mail', path: 'contact.points[kind=email].value', local: ['x'], status: 'empty' }, { label: 'Basis', path: 'consents[].basis', status: 'ok' },
  ],
  dropped: [{ label: 'Locker' }], carried: [{ label: 'Shoe size' }],
} as unknown as Report;
const view = { id: 'p', lines: [{ path: 'person.names[0].full', standing: 'field' }, { path: 'contact.points[0].value', standing: 'field' }, { path: 'contact.points[0].hours', standing: 'withheld' }] } as unknown as Parameters<typeof seenBy>[1];

test('what is sent, what is lost, and what the terms keep back', () => {
  expect(told(report)).toEqual(['Full name', 'Phone', 'When to call', 'Shoe size']);
  expect(lost(report)).toEqual(['Locker', 'Address']);
  expect(seenBy(report, view)).toEqual({ sees: ['Full name', 'Phone', 'Shoe size'], withheld: ['When to call'], notCarried: [] });
  expect(seenBy(report, { ...view, lines: [{ path: 'contact.points[0].value', standing: 'not carried' }] } as typeof view).notCarried).toEqual(['Phone']);
});
