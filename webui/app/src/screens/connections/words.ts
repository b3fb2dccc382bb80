import { useIntl } from 'react-intl';
import type { Kind, Setting } from '../../api/setup';
import { useWords } from '../../i18n/language';

/** useKindWords says kinds and their settings in the language of the screens; what it has no words for, as the node says it. */
export function useKindWords() {
  const say = useWords();
  const { messages } = useIntl();
  const or = (id: string, else_: string) => (messages[id] ? say(id) : else_);
  return {
    title: (k: Kind) => or(`kind.${k.name}`, k.title),
    help: (k: Kind) => or(`kind.${k.name}.help`, k.help ?? ''),
    label: (k: Kind, s: Setting) => or(`kind.${k.name}.${s.name}`, or(`setting.${s.name}`, s.label)),
    hint: (k: Kind, s: Setting) => or(`kind.${k.name}.${s.name}.hint`, or(`setting.${s.name}.hint`, s.help ?? '')),
    choice: (s: Setting, c: string) => or(`setting.${s.name}.${c}`, c),
  };
}
