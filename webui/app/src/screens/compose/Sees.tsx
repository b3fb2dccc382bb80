import { Text, Title } from '@mantine/core';
import type { Previewed } from '../../api/compose';
import { useWords } from '../../i18n/language';
import { Notice } from '../../shell/Notice';
import type { Draft } from './form';
import { lost, seenBy } from './views';

/** Sees says for each partner what its worker would read: by our mapping, by the terms, and by what the partner's own system keeps. */
export function Sees({ preview }: { preview: Previewed }) {
  const say = useWords();
  const words = useFieldWords();
  return (preview.partners ?? []).map((view) => {
    const seen = seenBy(preview.report, view);
    const title = say('compose.sees', { who: view.name ?? view.id });
    return (
      <section key={view.id} className="rw-card" aria-label={title}>
        <Title order={2} size="h4">{title}</Title>
        {view.sentence && <Notice tone="wait" title={say('compose.notnow')}>{view.sentence}</Notice>}
        {view.namesFirst && <Text size="sm" mt="xs">{say('compose.namesfirst')}</Text>}
        <ul className="rw-plain">{seen.sees.map((l) => <li key={l}>{words(l)}</li>)}</ul>
        {seen.notCarried.length > 0 && <Text size="sm" mt="sm">{say('compose.notcarried', { what: seen.notCarried.map(words).join(', ') })}</Text>}
      </section>
    );
  });
}

/** Stays says what nobody gets, or not everybody. */
export function Stays({ draft, preview }: { draft: Draft; preview: Previewed }) {
  const say = useWords();
  const words = useFieldWords();
  const views = preview.partners ?? [];
  const from = new Map<string, string[]>();
  for (const view of views) for (const label of seenBy(preview.report, view).withheld) from.set(label, [...(from.get(label) ?? []), view.name ?? view.id]);
  return (
    <section className="rw-card" aria-labelledby="stays">
      <Title order={2} size="h4" id="stays">{say('compose.stays')}</Title>
      <ul className="rw-plain">
        {lost(preview.report).map((l) => <li key={l}>{words(l)}</li>)}
        {[...from].map(([label, who]) => <li key={label}>{who.length < views.length ? say('compose.staysfrom', { what: words(label), who: who.join(', ') }) : words(label)}</li>)}
        <li>{say(draft.results === 'no' ? 'compose.noresults' : 'compose.nothingelse')}</li>
      </ul>
      {from.size > 0 && <Text size="sm" mt="sm" className="rw-quiet">{say('compose.staysterms')}</Text>}
    </section>
  );
}

// The report names fields by the labels of the form's mapping, which are English; the screens have them as messages.
const fieldIds: Record<string, string> = {
  'Case number': 'caseNumber', Need: 'need', 'Need in short': 'needText', 'How soon': 'urgency', 'Date that matters': 'deadline', 'What happens then': 'deadlineKind', 'Full name': 'name', 'Name they use': 'preferredName',
  'Birth date': 'birthDate', Language: 'language', 'Needs an interpreter': 'interpreter', Phone: 'phone', 'Phone is safe': 'phoneSafe', 'Voicemail is fine': 'voicemail', 'Text messages are fine': 'texts', 'When to call': 'hours',
  'E-mail': 'email', 'E-mail is safe': 'emailSafe', 'Who makes contact': 'initiator', 'Safety rules': 'safety', Address: 'address', 'What happened': 'summary', 'What we hope you will do': 'expectations',
  'Consent given by': 'consentBy', 'Consent given as': 'consentAs', 'How consent was given': 'consentMethod', 'Consent given at': 'consentDate', 'Consent until': 'consentUntil', 'Passing on': 'onward', 'Results may come back': 'results',
  'Who to ask': 'workerName', "Worker's phone": 'workerPhone', "Worker's e-mail": 'workerEmail',
};

function useFieldWords() {
  const say = useWords();
  return (label: string) => (fieldIds[label] ? say(`field.${fieldIds[label]}`) : label);
}
