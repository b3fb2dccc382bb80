import type { Connection } from '../../api/setup';
import { useWords } from '../../i18n/language';
import { useTimes } from '../../i18n/time';

const tones: Record<string, string> = { works: 'good', trouble: 'bad', paused: 'wait', untried: 'now' };

/** State says how a connection is; the color only helps. */
export function State({ c }: { c: Connection }) {
  const say = useWords();
  return <span className="rw-tag" data-tone={tones[c.state.condition] ?? 'now'}>{say(`connections.is.${c.state.condition}`)}</span>;
}

/** Last is the last word of its medium, when it did not work. */
export function Last({ c }: { c: Connection }) {
  const say = useWords();
  const times = useTimes();
  if (c.state.condition !== 'trouble' || !c.state.sentence) return null;
  return <p className="rw-quiet">{c.state.at ? `${times.ago(c.state.at)}: ` : ''}{c.state.sentence} {say('connections.again')}</p>;
}
