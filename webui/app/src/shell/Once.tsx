import { Button, Group, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useWords } from '../i18n/language';
import { Notice } from './Notice';

/** Once shows a secret that is not shown again, to be copied. */
export function Once({ title, hint, label, value, onClose }: { title: string; hint: string; label: string; value: string; onClose: () => void }) {
  const say = useWords();
  const [copied, setCopied] = useState(false);
  return (
    <Notice tone="good" title={title} alert>
      <Text mb="sm">{hint}</Text>
      <Group align="flex-end">
        <TextInput flex={1} miw={200} label={label} readOnly value={value} onFocus={(e) => e.currentTarget.select()} />
        <Button onClick={() => void navigator.clipboard.writeText(value).then(() => setCopied(true))}>{say(copied ? 'once.copied' : 'once.copy')}</Button>
        <Button variant="default" onClick={onClose}>{say('once.close')}</Button>
      </Group>
    </Notice>
  );
}
