import { Skeleton } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useDemoSignIn } from '../../api/session';
import { useLanguage, useWords } from '../../i18n/language';
import { Bare } from '../../shell/Bare';
import { Trouble } from '../../shell/Trouble';

/** Demo is the door of the demo's start page: it signs an invented person in, whose address stands after #. A door may say in which language. */
export function Demo() {
  const say = useWords();
  const enter = useDemoSignIn();
  const go = useNavigate();
  const { choose } = useLanguage();
  const once = useRef(false);
  useEffect(() => {
    if (once.current) return;
    once.current = true;
    enter.mutate(decodeURIComponent(window.location.hash.slice(1)), {
      onSuccess: () => {
        const asked = new URLSearchParams(window.location.search).get('language');
        if (asked === 'en' || asked === 'es') choose(asked);
        void go({ to: '/', replace: true });
      },
    });
  }, [enter, go, choose]);
  return <Bare title={say('demo.title')}>{enter.isError ? <Trouble error={enter.error} focus /> : <Skeleton h={80} role="status" aria-label={say('shell.loading')} />}</Bare>;
}
