import { codes } from './form';
import { formId } from './formId';
import { allNeeds } from './needs';

const rule = (local: string, label: string, standard: string, more: object = {}) => ({ id: local.replaceAll('_', '-'), label, local, standard, ...more });
const same = (table: string) => ({ via: [{ fn: 'value', table }] });
const list = (...codes: string[]) => ({ rows: codes.map((c) => ({ ours: c, code: c })), exact: true });

/** mapping is how the form's record becomes a referral in the common standard. */
export function mapping(zone: string): object {
  return {
    v: 1, id: formId, standard: 'referral/1', name: 'Form in the web UI',
    side: { format: 'json', locale: 'en-US', region: 'US', zone, language: 'en' },
    rules: [
      rule('case_number', 'Case number', 'referral.senderRef'),
      rule('need', 'Need', 'needs[].codes[]', { ...same('needs'), required: true, onFailure: 'hold' }),
      rule('need_text', 'Need in short', 'needs[].text'),
      rule('urgency', 'How soon', 'urgency.level', { ...same('urgencies'), required: true }),
      rule('deadline', 'Date that matters', 'urgency.deadlines[].date'),
      rule('deadline_kind', 'What happens then', 'urgency.deadlines[].kind', same('deadlines')),
      rule('name', 'Full name', 'person.names[].full', { required: true }),
      rule('preferred_name', 'Name they use', 'person.names[use=preferred].full'),
      rule('birth_date', 'Birth date', 'person.birthDate.value'),
      rule('language', 'Language', 'person.languages[].tag'),
      rule('interpreter', 'Needs an interpreter', 'person.interpreter.needed', { as: 'bool' }),
      rule('phone', 'Phone', 'contact.points[kind=phone]', { via: [{ fn: 'phone' }] }),
      rule('phone_safe', 'Phone is safe', 'contact.points[kind=phone].safe', same('safe')),
      rule('phone_voicemail', 'Voicemail is fine', 'contact.points[kind=phone].voicemailOk', { as: 'bool' }),
      rule('phone_text', 'Text messages are fine', 'contact.points[kind=phone].textOk', { as: 'bool' }),
      rule('phone_hours', 'When to call', 'contact.points[kind=phone].hours'),
      rule('email', 'E-mail', 'contact.points[kind=email].value', { via: [{ fn: 'email' }] }),
      rule('email_safe', 'E-mail is safe', 'contact.points[kind=email].safe', same('safe')),
      rule('initiator', 'Who makes contact', 'contact.initiator', same('initiators')),
      rule('safety', 'Safety rules', 'contact.instruction'),
      rule('address', 'Address', 'person.addresses[]', { via: [{ fn: 'address' }] }),
      rule('summary', 'What happened', 'narrative.summary'),
      rule('expectations', 'What we hope you will do', 'narrative.expectations'),
      rule('consent_by', 'Consent given by', 'consents[].givenBy', { required: true }),
      rule('consent_as', 'Consent given as', 'consents[].capacity', same('capacities')),
      rule('consent_method', 'How consent was given', 'consents[].method', same('methods')),
      { id: 'consent-basis', standard: 'consents[].basis', via: [{ fn: 'constant', value: 'consent' }], direction: 'in' },
      rule('consent_at', 'Consent given at', 'consents[].obtainedAt', { via: [{ fn: 'datetime' }], required: true, onFailure: 'hold' }),
      rule('consent_until', 'Consent until', 'consents[].expiresAt', { via: [{ fn: 'datetime' }], required: true, onFailure: 'hold' }),
      rule('onward', 'Passing on', 'consents[].onward', same('onward')),
      rule('results', 'Results may come back', 'consents[].outcomeSharing', { as: 'bool' }),
      rule('worker_name', 'Who to ask', 'referrer.contact.name'),
      rule('worker_phone', "Worker's phone", 'referrer.contact', { via: [{ fn: 'phone' }] }),
      rule('worker_email', "Worker's e-mail", 'referrer.contact.email', { via: [{ fn: 'email' }] }),
    ],
    valueTables: {
      needs: { rows: allNeeds.map((n) => ({ ours: n.word, system: n.system, code: n.code })), unknown: { in: { policy: 'keep' }, out: { policy: 'keep' } } },
      urgencies: list(...codes.urgency),
      deadlines: list(...codes.deadlineKind),
      safe: list(...codes.safe),
      initiators: list(...codes.initiator),
      capacities: list(...codes.capacity),
      methods: list(...codes.method),
      onward: list(...codes.onward),
    },
    unmapped: { policy: 'carry', class: 'P2' },
  };
}

/** connection is the one through which the form posts. */
export const connection = { id: formId, name: 'Form in the web UI', kind: 'api', direction: 'in', format: 'json', mapping: formId };
