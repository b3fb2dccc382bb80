import { useIntl } from 'react-intl';
import { useWords } from '../../i18n/language';
import { slug, states, tone } from './states';

/** State shows how a partner stands: its words say it, the color only helps. */
export function State({ state }: { state: string }) {
  const say = useWords();
  return <span className="rw-tag" data-tone={tone(state)}>{states.includes(slug(state)) ? say(`partners.state.${slug(state)}`) : state}</span>;
}

/** useKept says a part of a referral that terms keep back: by its words where it is one of the usual ones. */
export function useKept() {
  const { messages } = useIntl();
  const say = useWords();
  return (entry: string) => (messages[`partners.class.${entry}`] ? say(`partners.class.${entry}`) : entry);
}
