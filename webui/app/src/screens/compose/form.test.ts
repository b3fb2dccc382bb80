import { describe, expect, test } from 'vitest';
import { messages } from '../../i18n/all';
import { blank, drafted, flaws, record, steps } from './form';
import { mapping } from './mapping';
import { allNeeds } from './needs';

const now = new Date(2026, 10, 23, 10);
const full = {
  ...blank(now, { name: 'Ana' }), need: 'lsc-63', urgency: 'soon', to: ['p'], name: 'Rosa Ruiz', initiator: 'recipient-contacts', phone: '617 555 0123', phoneSafe: 'yes', workerPhone: '617 555 0100', consentBy: 'Rosa Ruiz', consentMethod: 'verbal', results: 'no',
};

describe('the form', () => {
  test('a full form needs nothing more, a blank one names what it needs', () => {
    for (const step of steps) expect(flaws(step, full, now), step).toEqual([]);
    const wanting = steps.flatMap((s) => flaws(s, blank(now, {}), now));
    expect(wanting.map((f) => f.field)).toEqual(['need', 'urgency', 'to', 'name', 'initiator', 'workerPhone', 'consentBy', 'consentMethod', 'results']);
    for (const f of wanting) expect(messages.en[f.words], f.words).toBeDefined();
  });
  test('nobody is called without being asked if it is safe', () => {
    expect(flaws('contact', { ...full, phoneSafe: '' }, now).map((f) => f.field)).toEqual(['phoneSafe']);
    expect(flaws('contact', { ...full, phone: '' }, now).map((f) => f.field)).toEqual(['phone']);
    expect(flaws('contact', { ...full, phone: '', initiator: 'do-not-contact' }, now)).toEqual([]);
  });
  test('consent is neither of the future nor over', () => {
    expect(flaws('consent', { ...full, consentDate: '2026-11-24' }, now).map((f) => f.words)).toEqual(['flaw.consentFuture']);
    expect(flaws('consent', { ...full, consentUntil: '2026-11-23' }, now).map((f) => f.words)).toEqual(['flaw.consentOver']);
  });
  test('a record that a machine made fills the form, and what is no answer of the form does not', () => {
    const draft = { ...full, needText: 'Notice to leave', birthDate: '1950-02-03', voicemail: 'no', email: 'r@example.org', emailSafe: 'unknown', results: 'yes' };
    const asked = (({ consentBy, consentAs, consentMethod, consentDate, consentUntil, onward, results }) => ({ consentBy, consentAs, consentMethod, consentDate, consentUntil, onward, results }))(blank(now, {})); // consent is always asked for
    expect({ ...blank(now, {}), ...drafted(record(draft)), to: draft.to }).toEqual({ ...draft, ...asked, firstOnly: false });
    expect(drafted({ need: 'a lawyer', urgency: 'routine', phone: ['617 555 0123', '2'], phone_safe: 'perhaps', initiator: 7, consent_at: 'yesterday', results: 'yes', surprise: 'x' })).toEqual({ needText: 'a lawyer', phone: '617 555 0123' });
  });
  test('the record holds what was filled in and nothing else', () => {
    const r = record({ ...full, phone: '', voicemail: 'yes', hours: 'late', birthDate: '1950' });
    expect(r).not.toHaveProperty('phone_voicemail');
    expect(r).not.toHaveProperty('phone_hours');
    expect(r).not.toHaveProperty('email');
    expect(r.results).toBe(false);
    expect(r.birth_date).toBe('1950');
    expect(String(r.consent_until)).toMatch(/^2027-05-23T23:59:59[+-]\d\d:\d\d$/);
  });
  test('the mapping has a rule for every member that the form can write, and each need is said in both languages', () => {
    const known = new Set((mapping('America/New_York') as { rules: { local?: string }[] }).rules.map((r) => r.local));
    const all = record({ ...full, needText: 'x', deadline: '2026-12-02', preferredName: 'x', birthDate: '1950', language: 'es', interpreter: 'yes', voicemail: 'no', texts: 'no', hours: 'x', email: 'a@example.org', emailSafe: 'yes', safety: 'x', address: 'x', summary: 'x', expectations: 'x', caseNumber: 'x', workerEmail: 'a@example.org' });
    for (const member of Object.keys(all)) expect(known.has(member), member).toBe(true);
    expect(known.size).toBe(Object.keys(all).length + 1); // and the constant
    for (const n of allNeeds) { expect(messages.en[`needs.${n.id}`]).toBe(n.word); expect(messages.es[`needs.${n.id}`], n.id).toBeDefined(); }
  });
});
