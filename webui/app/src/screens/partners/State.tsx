import { useWords } from '../../i18n/language';
import { slug, states, tone } from './states';

/** State shows how a partner stands: its words say it, the color only helps. */
export function State({ state }: { state: string }) {
  const say = useWords();
  return <span className="rw-tag" data-tone={tone(state)}>{states.includes(slug(state)) ? say(`partners.state.${slug(state)}`) : state}</span>;
}
