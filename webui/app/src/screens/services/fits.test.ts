import { expect, test } from 'vitest';
import { fits } from './fits';

const offer = { partnerName: 'Centro Esperanza', service: { name: 'Asesoría de vivienda', area: '02139', needs: [{ system: 'lsc', code: '63' }] } };
const say = () => 'Renting a home';

test('a service is found by its need, and by words without accents', () => {
  expect(fits(offer, { need: '', text: '' }, say)).toBe(true);
  expect(fits(offer, { need: 'lsc-63', text: 'asesoria 02139' }, say)).toBe(true);
  expect(fits(offer, { need: 'lsc-64', text: '' }, say)).toBe(false);
  expect(fits(offer, { need: '', text: 'renting esperanza' }, say)).toBe(true);
  expect(fits(offer, { need: '', text: 'food' }, say)).toBe(false);
});
