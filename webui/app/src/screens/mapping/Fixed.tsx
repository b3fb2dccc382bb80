import { Button, Group, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useWords } from '../../i18n/language';
import { inBox } from './box';
import { addFixed } from './document';
import type { Editor } from './useEditor';

/** Fixed fills a place of the standard with the same text in every referral. */
export function Fixed({ ed, options }: { ed: Editor; options: { group: string; items: { value: string; label: string }[] }[] }) {
  const say = useWords();
  const [place, setPlace] = useState<string | null>(null);
  const [value, setValue] = useState('');
  const [wrong, setWrong] = useState(false);
  const add = () => {
    setWrong(!place || value.trim() === '');
    if (!place || value.trim() === '') return;
    ed.change((d) => addFixed(d, place, value.trim()));
    ed.say(say('fields.said.fixed'));
    setPlace(null);
    setValue('');
  };
  return (
    <details>
      <summary>{say('fields.fixed')}</summary>
      <Group align="flex-end" gap="sm" mt="xs">
        <Select label={say('fields.fixed.place')} placeholder={say('fields.choose')} data={options} value={place} onChange={setPlace} searchable miw={280} error={wrong && !place ? say('fields.fixed.noplace') : undefined} comboboxProps={inBox} />
        <TextInput label={say('fields.fixed.value')} value={value} onChange={(e) => setValue(e.currentTarget.value)} maxLength={500} error={wrong && value.trim() === '' ? say('fields.fixed.novalue') : undefined} />
        <Button variant="default" onClick={add}>{say('fields.fixed.add')}</Button>
      </Group>
    </details>
  );
}
