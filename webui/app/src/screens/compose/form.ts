import { allNeeds } from './needs';

/** Draft is what was typed so far. It lives in this tab only and is never written to the disk of this computer. */
export interface Draft {
  need: string; // id of a NeedChoice
  needText: string;
  urgency: string;
  deadline: string;
  deadlineKind: string;
  to: string[];
  firstOnly: boolean;
  name: string;
  preferredName: string;
  birthDate: string;
  language: string;
  interpreter: string;
  phone: string;
  phoneSafe: string;
  voicemail: string;
  texts: string;
  hours: string;
  email: string;
  emailSafe: string;
  initiator: string;
  safety: string;
  address: string;
  summary: string;
  expectations: string;
  caseNumber: string;
  consentBy: string;
  consentAs: string;
  consentMethod: string;
  consentDate: string;
  consentUntil: string;
  onward: string;
  results: string;
  workerName: string;
  workerPhone: string;
  workerEmail: string;
}

const day = (d: Date) => `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, '0')}-${String(d.getDate()).padStart(2, '0')}`;

/** blank is a form that nobody filled in yet; consent is of today and for half a year. */
export function blank(now: Date, worker: { name?: string; email?: string }): Draft {
  const until = new Date(now);
  until.setMonth(until.getMonth() + 6);
  return {
    need: '', needText: '', urgency: '', deadline: '', deadlineKind: '', to: [], firstOnly: false, name: '', preferredName: '', birthDate: '', language: '', interpreter: '',
    phone: '', phoneSafe: '', voicemail: '', texts: '', hours: '', email: '', emailSafe: '', initiator: '', safety: '', address: '', summary: '', expectations: '', caseNumber: '',
    consentBy: '', consentAs: 'self', consentMethod: '', consentDate: day(now), consentUntil: day(until), onward: 'none', results: '', workerName: worker.name ?? '', workerPhone: '', workerEmail: worker.email ?? '',
  };
}

export const steps = ['need', 'partner', 'person', 'contact', 'story', 'consent', 'check'] as const;
export type Step = (typeof steps)[number];

export interface Flaw { field: keyof Draft; words: string }

/** flaws are what a step still needs, as ids of messages. */
export function flaws(step: Step, d: Draft, now: Date): Flaw[] {
  const out: Flaw[] = [];
  const must = (field: keyof Draft) => { if (!String(d[field]).trim()) out.push({ field, words: `flaw.${field}` }); };
  switch (step) {
    case 'need': must('need'); must('urgency'); break;
    case 'partner': if (d.to.length === 0) out.push({ field: 'to', words: 'flaw.to' }); break;
    case 'person': must('name'); if (d.birthDate && !/^\d{4}(-\d\d(-\d\d)?)?$/.test(d.birthDate)) out.push({ field: 'birthDate', words: 'flaw.birthDate' }); break;
    case 'contact':
      must('initiator');
      if (d.initiator && d.initiator !== 'do-not-contact' && !d.phone.trim() && !d.email.trim()) out.push({ field: 'phone', words: 'flaw.phone' });
      if (d.phone.trim() && !d.phoneSafe) out.push({ field: 'phoneSafe', words: 'flaw.phoneSafe' });
      if (d.email.trim() && !d.emailSafe) out.push({ field: 'emailSafe', words: 'flaw.emailSafe' });
      break;
    case 'story': if (!d.workerPhone.trim() && !d.workerEmail.trim()) out.push({ field: 'workerPhone', words: 'flaw.worker' }); break;
    case 'consent':
      must('consentBy'); must('consentMethod'); must('consentDate'); must('consentUntil'); must('results');
      if (d.consentDate && d.consentDate > day(now)) out.push({ field: 'consentDate', words: 'flaw.consentFuture' });
      if (d.consentUntil && d.consentUntil <= day(now)) out.push({ field: 'consentUntil', words: 'flaw.consentOver' });
      break;
    case 'check': break;
  }
  return out;
}

const zone = (date: string, end: boolean) => {
  const at = new Date(`${date}T${end ? '23:59:59' : '00:00:00'}`);
  const off = -at.getTimezoneOffset();
  const two = (n: number) => String(Math.trunc(Math.abs(n))).padStart(2, '0');
  return `${date}T${end ? '23:59:59' : '00:00:00'}${off < 0 ? '-' : '+'}${two(off / 60)}:${two(off % 60)}`;
};

/** record is the document that the form posts: what was filled in and nothing else. The mapping of form.json reads it. */
export function record(d: Draft): Record<string, unknown> {
  const need = allNeeds.find((n) => n.id === d.need);
  const flag = (v: string) => (v === 'yes' ? true : v === 'no' ? false : undefined);
  const all: Record<string, unknown> = {
    case_number: d.caseNumber.trim(), need: need?.word, need_text: d.needText.trim() || need?.word, urgency: d.urgency, deadline: d.deadline, deadline_kind: d.deadline ? d.deadlineKind || 'other' : '',
    name: d.name.trim(), preferred_name: d.preferredName.trim(), birth_date: d.birthDate, language: d.language, interpreter: flag(d.interpreter),
    phone: d.phone.trim(), phone_safe: d.phone.trim() ? d.phoneSafe : '', phone_voicemail: d.phone.trim() ? flag(d.voicemail) : undefined, phone_text: d.phone.trim() ? flag(d.texts) : undefined, phone_hours: d.phone.trim() ? d.hours.trim() : '',
    email: d.email.trim(), email_safe: d.email.trim() ? d.emailSafe : '', initiator: d.initiator, safety: d.safety.trim(), address: d.address.trim(), summary: d.summary.trim(), expectations: d.expectations.trim(),
    consent_by: d.consentBy.trim(), consent_as: d.consentAs, consent_method: d.consentMethod, consent_at: zone(d.consentDate, false), consent_until: zone(d.consentUntil, true), onward: d.onward, results: d.results === 'yes',
    worker_name: d.workerName.trim(), worker_phone: d.workerPhone.trim(), worker_email: d.workerEmail.trim(),
  };
  return Object.fromEntries(Object.entries(all).filter(([, v]) => v !== '' && v !== undefined && v !== null));
}

/** codes are the words of the form's choices, as its record has them. */
export const codes = {
  urgency: ['routine', 'soon', 'urgent', 'emergency'],
  deadlineKind: ['hearing', 'answer-due', 'lockout', 'benefit-cutoff', 'limitation', 'appointment', 'move-out', 'other'],
  safe: ['yes', 'no', 'unknown'],
  initiator: ['recipient-contacts', 'person-contacts', 'warm-handoff', 'do-not-contact'],
  capacity: ['self', 'guardian', 'attorney', 'other'],
  method: ['signed', 'verbal', 'electronic'],
  onward: ['none', 'named', 'same-purpose'],
};

/** drafted is record backwards, as far as it goes: a record that a machine made of somebody's words fills the form for a person to check. Consent is left out: it is asked for anew, whatever the words say of it. */
export function drafted(r: Record<string, unknown>): Partial<Draft> {
  const text = (k: string) => { const v = Array.isArray(r[k]) ? r[k][0] : r[k]; return typeof v === 'string' ? v.trim() : ''; };
  const flag = (k: string) => (r[k] === true ? 'yes' : r[k] === false ? 'no' : '');
  const one = (k: string, of: string[]) => (of.includes(text(k)) ? text(k) : '');
  const date = (k: string) => /^\d{4}-\d\d-\d\d/.exec(text(k))?.[0] ?? '';
  const need = allNeeds.find((n) => n.word === text('need'));
  const all: Partial<Draft> = {
    caseNumber: text('case_number'), need: need?.id, needText: text('need_text') || (need ? '' : text('need')), deadline: date('deadline'), deadlineKind: one('deadline_kind', codes.deadlineKind),
    urgency: text('urgency') === 'routine' ? '' : one('urgency', codes.urgency), // routine is what nobody said
    name: text('name'), preferredName: text('preferred_name'), birthDate: text('birth_date'), language: text('language'), interpreter: flag('interpreter'), address: text('address'),
    phone: text('phone'), phoneSafe: one('phone_safe', codes.safe), voicemail: flag('phone_voicemail'), texts: flag('phone_text'), hours: text('phone_hours'), email: text('email'), emailSafe: one('email_safe', codes.safe),
    initiator: one('initiator', codes.initiator), safety: text('safety'), summary: text('summary'), expectations: text('expectations'),
    workerName: text('worker_name'), workerPhone: text('worker_phone'), workerEmail: text('worker_email'),
  };
  return Object.fromEntries(Object.entries(all).filter(([, v]) => v)) as Partial<Draft>;
}
