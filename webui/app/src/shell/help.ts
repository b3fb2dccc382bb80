import type { Language } from '../i18n/messages';

// Which page of the handbook fits a screen, by the beginning of its address. The pages are docs/*.md; those in Spanish have the same headings.
const pages: [string, string][] = [
  ['/inbox', 'using#inbox-and-sent'], ['/sent', 'using#inbox-and-sent'], ['/send', 'using#send-a-referral'], ['/waiting', 'using#waiting-for-a-person'],
  ['/delivery', 'using#delivery-problems'], ['/partners', 'using#partners'], ['/invite', 'using#partners'], ['/people', 'using#people'], ['/account', 'using#your-account'],
  ['/activity', 'using#activity-log'], ['/reports', 'using#reports'], ['/developers', 'developers'], ['/hosting', 'hosting'], ['/mappings', 'match-fields'], ['/connections', 'set-up#3-how-you-send-and-receive'], ['/start', 'set-up'], ['/settings', 'set-up#settings'], ['/find', 'set-up#4-services-you-offer'],
];

/** helpFor gives the address of the page of the handbook for a screen. */
export const helpFor = (pathname: string, language: Language) => `${helpIn(language)}/${pages.find(([at]) => pathname === at || pathname.startsWith(`${at}/`))?.[1] ?? 'using#home'}`;

/** helpIn is the handbook in a language. */
export const helpIn = (language: Language) => (language === 'es' ? '/help/es' : '/help');
