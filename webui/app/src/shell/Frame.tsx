import { Center, Loader } from '@mantine/core';
import { Outlet, useLocation } from '@tanstack/react-router';
import { useSession } from '../api/session';
import { useWords } from '../i18n/language';
import { SetUp } from '../screens/setup/SetUp';
import { SignIn } from '../screens/signin/SignIn';
import { Bare } from './Bare';
import { Layout } from './Layout';
import { Trouble } from './Trouble';

/** Frame decides what is shown at all: the way in, or the screens with their navigation. */
export function Frame() {
  const session = useSession();
  const say = useWords();
  const { pathname } = useLocation();
  if (session.isPending) return <Center h="100vh"><Loader aria-label={say('shell.loading')} /></Center>;
  if (session.isError) return <Bare title={say('shell.trouble')}><Trouble error={session.error} again={() => void session.refetch()} /></Bare>;
  if (!session.data.setUp || (pathname === '/setup' && !session.data.signedIn)) return <SetUp />;
  if (!session.data.signedIn) return <SignIn />;
  return <Layout session={session.data}><Outlet /></Layout>;
}
