import { Stack, Text } from '@mantine/core';
import { type ReactNode, useMemo } from 'react';
import { useIntl } from 'react-intl';
import { useStandard } from '../../api/mapping';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';
import { Notice } from '../../shell/Notice';
import { facts, leaf, list, nameOf, places, spoken, text, type Tree, tree, without } from './content';
import { Facts, type Line, useLeaf, useLine } from './Facts';

/** About is everything that the referral says but what Safety shows: the person, what is needed, how to reach them, consent, its documents (the children), and the rest. */
export function About({ referral, children }: { referral: unknown; children: ReactNode }) {
  const r = tree(referral);
  return (
    <Stack>
      <Needs referral={r} />
      <Part name="risks" value={list(r.risks)} />
      <Person person={tree(r.person)} />
      <Contact contact={tree(r.contact)} />
      <Consents consents={list(r.consents)} />
      <Story narrative={tree(r.narrative)} />
      {children}
      <From referral={r} />
      <Rest referral={r} />
    </Stack>
  );
}

/** Safety is what must be known before anybody picks up a phone: it stands above everything. */
export function Safety({ referral }: { referral: unknown }) {
  const say = useWords();
  const contact = tree(tree(referral).contact);
  const forbidden = contact.initiator === 'do-not-contact';
  const rules = text(contact.instruction);
  const unsafe = list(contact.points).filter((p) => p.safe === 'no');
  if (!forbidden && !rules && unsafe.length === 0) return null;
  return (
    <Notice tone="wait" title={say('safety.title')}>
      {forbidden && <Text fw={600}>{say('initiator.do-not-contact')}</Text>}
      {rules && <Text className="rw-text" dir="auto">{rules}</Text>}
      {unsafe.map((p, i) => <Text key={i} className="rw-text">{say('safety.never', { what: text(p.value) || text(p.label) })}</Text>)}
    </Notice>
  );
}

function Needs({ referral }: { referral: Tree }) {
  const say = useWords();
  const { messages } = useIntl();
  const of = useLeaf();
  const line = useLine();
  const when = useWhen();
  const urgency = tree(referral.urgency);
  const needs = list(referral.needs);
  const lines: (Line | undefined)[] = needs.flatMap((n, i) => {
    const label = needs.length > 1 ? say('need.number', { n: i + 1 }) : say('need.one');
    const codes = list(n.codes).map((c) => {
      const known = `needs.${text(c.system)}-${text(c.code)}`; // a need that the form offers has a name in each language
      return messages[known] ? say(known) : text(c.original) === text(n.text) ? text(c.label) : of(leaf(c));
    }).filter(Boolean);
    return [
      { label, value: [of(leaf(n.text)), ...codes.filter((c) => c !== text(n.text))].filter(Boolean).join('\n') },
      line('need.description', n.description),
      line('need.requested', n.requested),
    ];
  });
  lines.push(line('need.urgency', urgency.level, 'urgency'));
  for (const d of list(urgency.deadlines)) {
    const kind = leaf(d.kind);
    lines.push({ label: kind ? of(kind, 'deadline') : say('deadline.other'), value: [when(d.date), of(leaf(d.forum)), of(leaf(d.note))].filter(Boolean).join('\n') });
  }
  if (typeof urgency.respondBy === 'string') lines.push({ label: say('need.respondby'), value: when(urgency.respondBy) });
  return <Facts title={say('need.title')} lines={lines} />;
}

function Person({ person }: { person: Tree }) {
  const say = useWords();
  const tongue = useTongue();
  const of = useLeaf();
  const line = useLine();
  const when = useWhen();
  const birth = tree(person.birthDate);
  const interpreter = tree(person.interpreter);
  const lines: (Line | undefined)[] = [
    ...list(person.names).map((n) => ({ label: say(n.use === 'preferred' ? 'person.preferred' : 'person.name'), value: nameOf(n) })),
    line('person.organization', person.organizationName),
    birth.value !== undefined ? { label: say('person.birth'), value: [when(birth.value), birth.approximate === true ? say('person.about') : ''].filter(Boolean).join(' ') } : undefined,
    line('person.age', person.ageBand),
    line('person.pronouns', person.pronouns),
    ...list(person.languages).map((l) => ({ label: say('person.language'), value: facts(l).map((f) => (f.path.join('.') === 'tag' ? tongue(of(f.value)) : of(f.value))).filter(Boolean).join(', ') })),
    line('person.interpreter', interpreter.needed),
    ...list(person.addresses).map((a) => ({ label: say('person.address'), value: facts(without(a, 'use', 'adminCodes')).map((f) => of(f.value)).filter(Boolean).join('\n') })),
    ...facts(without(person, 'names', 'organizationName', 'birthDate', 'ageBand', 'pronouns', 'languages', 'addresses')).filter((f) => f.path.join('.') !== 'interpreter.needed').map((f) => ({ label: spoken(f.path), value: of(f.value) })),
  ];
  return <Facts title={say('person.title')} lines={lines} />;
}

function Contact({ contact }: { contact: Tree }) {
  const say = useWords();
  const of = useLeaf();
  const line = useLine();
  const lines: (Line | undefined)[] = [line('contact.initiator', contact.initiator, 'initiator'), line('contact.rules', contact.instruction)];
  for (const p of list(contact.points)) {
    const safe = leaf(p.safe);
    lines.push({
      label: of(leaf(p.kind), 'point') || say('point.other'),
      value: [
        [of(leaf(p.value)), of(leaf(p.extension)), text(p.label) ? `(${text(p.label)})` : ''].filter(Boolean).join(' '),
        say('contact.safe', { safe: safe ? of(safe, 'safe') : say('safe.unknown') }),
        p.voicemailOk !== undefined ? say('contact.voicemail', { answer: of(leaf(p.voicemailOk)) }) : '',
        p.textOk !== undefined ? say('contact.text', { answer: of(leaf(p.textOk)) }) : '',
        of(leaf(p.hours)), of(leaf(p.note)),
        text(p.owner) ? say('contact.owner', { who: text(p.owner) }) : '',
      ].filter(Boolean).join('\n'),
    });
  }
  for (const p of list(contact.proxies)) lines.push({ label: say('contact.proxy'), value: [text(p.person), text(p.authority)].filter(Boolean).join(', ') });
  return <Facts title={say('contact.title')} lines={lines} />;
}

function Consents({ consents }: { consents: Tree[] }) {
  const say = useWords();
  const line = useLine();
  const when = useWhen();
  return consents.map((c, i) => (
    <Facts key={i} title={say('consent.title')} lines={[
      line('consent.by', c.givenBy),
      line('consent.as', c.capacity, 'capacity'),
      line('consent.basis', c.basis, 'basis'),
      line('consent.method', c.method, 'method'),
      c.obtainedAt !== undefined ? { label: say('consent.given'), value: when(c.obtainedAt) } : undefined,
      c.expiresAt !== undefined ? { label: say('consent.until'), value: when(c.expiresAt) } : undefined,
      line('consent.onward', c.onward, 'onward'),
      line('consent.results', c.outcomeSharing),
      line('consent.overridden', c.overriddenReason),
      c.statedByOrganization === true ? { label: say('consent.stated'), value: say('referral.yes') } : undefined,
    ]} />
  ));
}

function Story({ narrative }: { narrative: Tree }) {
  const say = useWords();
  const line = useLine();
  return <Facts title={say('story.title')} lines={['summary', 'history', 'goals', 'helpGiven', 'expectations'].map((k) => line(`story.${k}`, narrative[k]))} />;
}

function From({ referral }: { referral: Tree }) {
  const say = useWords();
  const line = useLine();
  const by = tree(referral.referrer);
  const worker = tree(by.contact);
  return <Facts title={say('from.title')} lines={[
    line('from.organization', tree(by.organization).name), line('from.worker', worker.name), line('from.role', worker.role), line('from.phone', worker.phone ?? worker.e164),
    line('from.email', worker.email), line('from.hours', worker.hours), line('from.number', tree(referral.referral).senderRef),
  ]} />;
}

// What the standard has beside what is shown above, in the order in which a person wants to know it.
const further = ['people', 'household', 'eligibility', 'legal', 'situation', 'notes'];
const shownAbove = ['referral', 'referrer', 'target', 'person', 'contact', 'needs', 'urgency', 'risks', 'consents', 'narrative', 'provenance', 'extra', 'attachments'];

const dates = new Set(['date', 'time', 'when']); // kinds of the standard

function Rest({ referral }: { referral: Tree }) {
  const say = useWords();
  const of = useLeaf();
  const groups = without(referral, ...shownAbove);
  const names = Object.keys(groups).sort((a, b) => (further.indexOf(a) + 1 || 99) - (further.indexOf(b) + 1 || 99));
  const extra = list(referral.extra).map((e) => ({ label: text(e.label) || text(e.path), value: of(leaf(e.value)) }));
  return <>{names.map((n) => <Part key={n} name={n} value={groups[n]} />)}<Facts title={say('extra.title')} lines={extra} /></>;
}

/** Part is a group of the standard under the labels that the standard gives its fields; of several things each by itself. */
function Part({ name, value }: { name: string; value: unknown }) {
  const of = useLeaf();
  const when = useWhen();
  const fields = useStandard().data?.fields;
  const known = useMemo(() => new Map((fields ?? []).map((f) => [f.path, f])), [fields]);
  const title = fields?.find((f) => f.path.startsWith(`${name}.`) || f.path.startsWith(`${name}[`))?.group ?? spoken([name]);
  const things = Array.isArray(value) ? value.map((v) => ({ v: v as unknown, path: `${name}[]` })) : [{ v: value, path: name }];
  return things.map(({ v, path }, i) => (
    <Facts key={i} title={things.length > 1 ? `${title} – ${i + 1}` : title} lines={places(v, path).filter((p) => !/\.(ref|e164)$/.test(p.path)).map((p) => {
      const field = known.get(p.path);
      const label = field?.label.replace(`${title} - `, '') ?? spoken(p.path.replaceAll('[]', '').split('.').slice(1));
      const words = of(p.value);
      return { label: p.numbers.length > 0 ? `${label} ${p.numbers.join('.')}` : label, value: field && dates.has(field.kind) ? when(words) || words : words };
    })} />
  ));
}
/** useTongue says a language by its name where the browser knows the tag. */
function useTongue() {
  const intl = useIntl();
  return (tag: string): string => {
    try {
      const name = intl.formatDisplayName(tag, { type: 'language' }) ?? tag;
      return name.charAt(0).toLocaleUpperCase(intl.locale) + name.slice(1); // it begins a line
    } catch { return tag; }
  };
}

/** useWhen says a date as far as it is known: a day with its time, a day (also one that is written as its first or last minute), or the year alone. */
function useWhen() {
  const times = useTimes();
  const of = useLeaf();
  return (value: unknown): string => {
    const s = text(value);
    if (!s) return of(leaf(value)) || text(tree(value).value);
    if (/^\d{4}-\d\d-\d\dT/.test(s)) return /T(00:00|23:59)/.test(s) ? times.day(s.slice(0, 10)) : times.moment(s);
    if (/^\d{4}-\d\d-\d\d$/.test(s)) return times.day(s);
    if (/^\d{4}-\d\d$/.test(s)) return times.month(s);
    return s;
  };
}
