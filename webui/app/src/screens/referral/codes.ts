// The codes that a step may carry, in the order in which they are offered; their words are in shell's messages.
export const codes = {
  decline: [
    'no-capacity', 'wrong-service', 'not-eligible-area', 'not-eligible-income', 'not-eligible-assets', 'not-eligible-age', 'not-eligible-citizenship', 'not-eligible-household', 'not-eligible',
    'missing-information', 'missing-document', 'could-not-contact', 'person-declined', 'consent-withdrawn', 'duplicate', 'already-served', 'deadline-too-short', 'no-interpreter-or-access', 'safety', 'unable-to-assist', 'other',
  ],
  return: ['wrong-recipient', 'incomplete', 'not-usable'],
  outcome: ['helped-fully', 'helped-partly', 'advice-only', 'enrolled', 'eligible-waiting', 'could-not-contact', 'no-show', 'person-declined', 'not-eligible', 'no-capacity', 'referred-on', 'unknown'],
} as const;
