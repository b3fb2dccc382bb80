import { Center, Loader } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Outlet, useLocation } from '@tanstack/react-router';
import { useState } from 'react';
import { sessionKey, useSession } from '../api/session';
import { useWords } from '../i18n/language';
import { Demo } from '../screens/demo/Demo';
import { Protect } from '../screens/protect/Protect';
import { SetUp } from '../screens/setup/SetUp';
import { SignIn } from '../screens/signin/SignIn';
import { Bare } from './Bare';
import { Layout } from './Layout';
import { StepUpProvider } from './StepUp';
import { Trouble } from './Trouble';

/** Frame decides what is shown at all: the way in, or the screens with their navigation. */
export function Frame() {
  const session = useSession();
  const queries = useQueryClient();
  const say = useWords();
  const { pathname } = useLocation();
  const [protecting, setProtecting] = useState(false); // recovery codes are on the screen though the account is safe already
  if (session.isPending) return <Center h="100vh"><Loader role="status" aria-label={say('shell.loading')} /></Center>;
  if (session.isError) return <Bare title={say('shell.trouble')}><Trouble error={session.error} again={() => void session.refetch()} /></Bare>;
  if (pathname === '/demo') return <Demo />;
  if (!session.data.setUp || (pathname === '/setup' && !session.data.signedIn)) return <SetUp />;
  if (!session.data.signedIn) return <SignIn passkeys={session.data.passkeys} />;
  if (!session.data.secured || protecting) {
    return <Protect session={session.data} onBegin={() => setProtecting(true)} onDone={() => { setProtecting(false); void queries.invalidateQueries({ queryKey: sessionKey }); }} />;
  }
  return <StepUpProvider><Layout session={session.data}><Outlet /></Layout></StepUpProvider>;
}
