import { Center, Loader } from '@mantine/core';
import { useMutationState, useQueryClient } from '@tanstack/react-query';
import { Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useRef, useState } from 'react';
import { sessionKey, signingOut, useSession } from '../api/session';
import { useWords, withWords } from '../i18n/language';
import { Demo } from '../screens/demo/Demo';
import { Bare } from './Bare';
import { Layout } from './Layout';
import { StepUpProvider } from './StepUp';
import { Trouble } from './Trouble';

const SignIn = lazy(() => import('../screens/signin/SignIn').then((m) => ({ default: m.SignIn })));
const SetUp = lazy(() => withWords(() => import('../screens/setup/SetUp')).then((m) => ({ default: m.SetUp })));
const Protect = lazy(() => withWords(() => import('../screens/protect/Protect')).then((m) => ({ default: m.Protect })));
const Begin = lazy(() => withWords(() => import('../screens/begin/Begin')).then((m) => ({ default: m.Begin })));
const apart = ['/hosting', '/account', '/status', '/help']; // screens that need no organization

/** Frame decides what is shown at all: the way in, or the screens with their navigation. */
export function Frame() {
  return <Suspense fallback={<Loading />}><Way /></Suspense>;
}

function Loading() {
  const say = useWords();
  return <Center h="100vh"><Loader role="status" aria-label={say('shell.loading')} /></Center>;
}

function Way() {
  const session = useSession();
  const queries = useQueryClient();
  const say = useWords();
  const go = useNavigate();
  const { pathname } = useLocation();
  const [keeping, setKeeping] = useState(false); // recovery files are on the screen though the organization is there already
  const [protecting, setProtecting] = useState(false); // recovery codes are on the screen though the account is safe already
  const was = useRef(false); // somebody was signed in on this page
  const left = useMutationState({ filters: { mutationKey: signingOut, status: 'success' } }).length > 0;
  if (session.isPending) return <Loading />;
  if (session.isError && !session.data) return <Bare title={say('shell.trouble')}><Trouble error={session.error} again={() => void session.refetch()} /></Bare>;
  if (pathname === '/demo') return <Demo />;
  if (!session.data.setUp || (pathname === '/setup' && !session.data.signedIn)) return <SetUp />;
  if (!session.data.signedIn) return <SignIn passkeys={session.data.passkeys} ended={was.current && !left} />;
  was.current = true;
  if (!session.data.secured || protecting) {
    return <Protect session={session.data} onBegin={() => setProtecting(true)} onDone={() => { setProtecting(false); void queries.invalidateQueries({ queryKey: sessionKey }); }} />;
  }
  const screens = <Layout session={session.data}><Outlet /></Layout>;
  const empty = session.data.organizations.length === 0 && session.data.can.includes('node') && !apart.some((a) => pathname.startsWith(a));
  if (!empty && !keeping) return <StepUpProvider>{screens}</StepUpProvider>;
  return (
    <StepUpProvider>
      <Begin email={session.data.user?.email ?? ''} onMade={() => setKeeping(true)} otherwise={screens}
        onDone={() => { void queries.invalidateQueries().then(() => { setKeeping(false); void go({ to: '/start' }); }); }} />
    </StepUpProvider>
  );
}
