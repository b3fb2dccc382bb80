import { useIntl } from 'react-intl';
import { useWords } from '../i18n/language';

const tones: Record<string, string> = {
  new: 'now', 'in-review': 'now', waitlisted: 'wait', accepted: 'good', scheduled: 'good', 'in-service': 'good', 'no-show': 'wait',
  closed: 'over', declined: 'over', returned: 'over', recalled: 'over', 'consent-ended': 'over', 'entered-in-error': 'over',
};

/** useStatus says a status of the life of a referral. */
export function useStatus() {
  const { messages } = useIntl();
  const say = useWords();
  return (status: string) => (messages[`status.${status}`] ? say(`status.${status}`) : status);
}

/** Tag shows a status: its word says it, the color only helps. */
export function Tag({ status }: { status: string }) {
  const name = useStatus();
  return <span className="rw-tag" data-tone={tones[status] ?? 'over'}>{name(status)}</span>;
}
