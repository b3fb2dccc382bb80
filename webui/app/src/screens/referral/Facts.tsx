import { Stack, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useIntl } from 'react-intl';
import { useWords } from '../../i18n/language';
import { type Leaf, leaf } from './content';

/** useLeaf says what a leaf holds. Words of a known list are translated, other words stand as they came. */
export function useLeaf() {
  const say = useWords();
  const { messages } = useIntl();
  return (value: Leaf, words?: string): string => {
    if (!value) return '';
    if ('flag' in value) return say(value.flag ? 'referral.yes' : 'referral.no');
    if ('absent' in value) return messages[`absent.${value.absent}`] ? say(`absent.${value.absent}`) : say('absent.unknown');
    const id = words ? `${words}.${value.text}` : '';
    return id && messages[id] ? say(id) : value.text;
  };
}

export interface Line { label: string; value: ReactNode }

/** Facts is a list of labels and values under a heading; without a value there is no line, and without lines nothing. */
export function Facts({ title, lines }: { title: string; lines: (Line | undefined)[] }) {
  const shown = lines.filter((l): l is Line => l !== undefined && l.value !== '' && l.value !== undefined && l.value !== null);
  if (shown.length === 0) return null;
  return (
    <section className="rw-card" aria-label={title}>
      <Stack gap="sm">
        <Title order={2} size="h4">{title}</Title>
        <dl className="rw-facts">{shown.map((l, i) => <div key={`${l.label} ${i}`} style={{ display: 'contents' }}><dt>{l.label}</dt><dd dir="auto">{l.value}</dd></div>)}</dl>
      </Stack>
    </section>
  );
}

/** useLine makes a line of a leaf. */
export function useLine() {
  const say = useWords();
  const of = useLeaf();
  return (id: string, value: unknown, words?: string): Line | undefined => {
    const l = leaf(value);
    return l ? { label: say(id), value: of(l, words) } : undefined;
  };
}
