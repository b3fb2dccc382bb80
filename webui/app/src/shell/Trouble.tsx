import { Button, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { Problem } from '../api/client';
import { type Session, sessionKey } from '../api/session';
import { useWords } from '../i18n/language';
import { Notice } from './Notice';

/** whole makes a sentence of what a part of the node said in the middle of one. */
const whole = (said: string) => said.charAt(0).toLocaleUpperCase() + said.slice(1) + (/[.!?…”»)]$/.test(said) ? '' : '.');

/** ended tells that nobody is signed in any more; a refusal with a code of its own is about what was typed. */
const ended = (error: unknown) => error instanceof Problem && error.status === 401 && error.code === '';

/** useSentence says what went wrong and what to do, in the node's own words where it has some. */
export function useSentence() {
  const say = useWords();
  return (error: unknown): string => {
    if (!(error instanceof Problem)) return say('trouble.page');
    if (error.status === 0) return say('trouble.offline');
    if (ended(error)) return say('trouble.signedout');
    if (error.message) return whole(error.message);
    const known: Record<number, string> = { 401: 'trouble.signedout', 403: 'trouble.forbidden', 404: 'trouble.notfound', 429: 'trouble.slow' };
    return say(known[error.status] ?? 'trouble.node');
  };
}

/** Trouble is an error with its way out. It takes the focus, so that it is read at once. */
export function Trouble({ error, again, focus = false }: { error: unknown; again?: () => void; focus?: boolean }) {
  const say = useWords();
  const sentence = useSentence();
  const queries = useQueryClient();
  const signedOut = ended(error) && queries.getQueryData<Session>(sessionKey)?.signedIn;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => { if (focus) box.current?.focus(); }, [focus, error]);
  return (
    <Notice box={box} tone="bad" title={say('trouble.title')} alert>
      <Stack gap="xs" align="flex-start">
        <Text>{sentence(error)}</Text>
        {signedOut && <Button variant="default" onClick={() => void queries.invalidateQueries({ queryKey: sessionKey })}>{say('signin.title')}</Button>}
        {again && !signedOut && <Button variant="default" onClick={again}>{say('trouble.again')}</Button>}
      </Stack>
    </Notice>
  );
}
