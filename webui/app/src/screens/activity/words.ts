import { useIntl } from 'react-intl';
import type { Deed } from '../../api/activity';
import { useWords } from '../../i18n/language';

/** groups are the beginnings of kinds that one can look for. */
export const groups = ['referral', 'partner', 'account', 'organization', 'apikey', 'connection', 'mapping', 'waiting', 'activity', 'report', 'consent'];

/** useDeed says an event. A kind that has no words yet is said by its group, and stands as it is in the details. */
export function useDeed() {
  const { messages } = useIntl();
  const say = useWords();
  return {
    what: (d: Deed) => {
      const id = `activity.kind.${d.kind}`;
      if (messages[id]) return say(id);
      const group = `activity.other.${d.kind.split('.')[0] ?? ''}`;
      return messages[group] ? say(group) : say('activity.other');
    },
    who: (d: Deed) => {
      if (d.who) return d.who;
      const what = (d.actor ?? '').split(' ')[0] ?? '';
      return messages[`activity.actor.${what}`] ? say(`activity.actor.${what}`) : say('activity.actor.none');
    },
  };
}
