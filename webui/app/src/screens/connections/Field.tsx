import { Checkbox, NativeSelect, PasswordInput, Text, Textarea, TextInput } from '@mantine/core';
import type { Kind, Setting } from '../../api/setup';
import { useWords } from '../../i18n/language';
import { useKindWords } from './words';

interface FieldProps { kind: Kind; setting: Setting; value: string; kept: boolean; error?: string; disabled: boolean; onChange: (v: string) => void }

/** Field is one line of a kind's form, by its type. */
export function Field({ kind, setting: s, value, kept, error, disabled, onChange }: FieldProps) {
  const say = useWords();
  const words = useKindWords();
  const optional = !s.required && s.type !== 'boolean' && s.type !== 'choice' && !s.default;
  const label = optional && s.type !== 'secret' ? say('compose.optional', { label: words.label(kind, s) }) : words.label(kind, s);
  const same = { id: `settings.${s.name}`, disabled, error };
  switch (s.type) {
    case 'boolean':
      return <Checkbox {...same} label={label} description={words.hint(kind, s)} checked={(value || s.default) === 'true'} onChange={(e) => onChange(e.currentTarget.checked ? 'true' : 'false')} />;
    case 'choice':
      return <NativeSelect {...same} label={label} description={words.hint(kind, s)} value={value || s.default || ''} data={[...(s.default || value ? [] : [{ value: '', label: say('connections.choose') }]), ...(s.choices ?? []).map((c) => ({ value: c, label: words.choice(s, c) }))]} onChange={(e) => onChange(e.currentTarget.value)} />;
    case 'text':
      return <Textarea {...same} label={label} description={words.hint(kind, s)} autosize minRows={2} maxRows={12} spellCheck={false} value={value} onChange={(e) => onChange(e.currentTarget.value)} />;
    case 'secret':
      return (
        <div>
          <PasswordInput {...same} label={label} description={[words.hint(kind, s), kept ? say('connections.kept') : ''].filter(Boolean).join(' ')} autoComplete="new-password" placeholder={kept ? '••••••••' : undefined} value={value} onChange={(e) => onChange(e.currentTarget.value)} visibilityToggleButtonProps={{ 'aria-label': say('signin.show'), tabIndex: 0 }} />
        </div>
      );
    default:
      return <TextInput {...same} label={label} description={words.hint(kind, s)} inputMode={s.type === 'integer' ? 'numeric' : s.type === 'url' ? 'url' : undefined} placeholder={s.default} spellCheck={false} autoComplete="off" value={value} onChange={(e) => onChange(e.currentTarget.value)} />;
  }
}

/** Forget takes a kept secret away with the next saving. */
export function Forget({ name, on, onChange }: { name: string; on: boolean; onChange: (on: boolean) => void }) {
  const say = useWords();
  return <><Checkbox label={say('connections.forget', { name })} checked={on} onChange={(e) => onChange(e.currentTarget.checked)} />{on && <Text size="sm" className="rw-quiet">{say('connections.forgets')}</Text>}</>;
}
