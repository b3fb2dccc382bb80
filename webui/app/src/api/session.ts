import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from './client';
import { answer, type Question } from './passkey';

export interface Session {
  signedIn: boolean;
  setUp: boolean;
  secured: boolean;
  user?: { id: string; name: string; email: string; language?: string };
  organizations: { id: string; name: string; role: string; suspended?: string; suspendedSince?: number }[];
  organization?: string;
  can: string[];
  stepUpUntil?: number;
  passkeys: boolean;
  demo: boolean;
}

export interface Factors {
  password: boolean;
  totp: boolean;
  codes: number;
  passkeys: { id: string; name: string; created: number }[];
  passkeysPossible: boolean;
}

export const sessionKey = ['session'];
/** signingOut names the act, so that a session that ended by itself can be told from one that a person ended. */
export const signingOut = ['sign-out'];

/** useSession is who is signed in. It is looked at whenever the page comes to the front: somebody else may have signed in beside it. */
export function useSession() {
  const queries = useQueryClient();
  return useQuery({
    queryKey: sessionKey,
    queryFn: async () => {
      const s = await call<Session>('GET', '/v1/session');
      const before = queries.getQueryData<Session>(sessionKey);
      if (before?.user && before.user.id !== s.user?.id) {
        queries.removeQueries({ predicate: others });
        if (s.user) window.location.reload(); // what the other person typed or read is on the page
      }
      return { ...s, organizations: s.organizations ?? [], can: s.can ?? [] };
    },
    staleTime: 60_000,
    refetchOnWindowFocus: 'always',
  });
}

// What was read for the one who was signed in.
const others = (q: { queryKey: readonly unknown[] }) => q.queryKey[0] !== sessionKey[0];

/** useEntry is every act that changes who is signed in, or for which organization: all that was read is forgotten. */
function useEntry<V, R = unknown>(act: (value: V) => Promise<R>, mutationKey?: string[]) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    mutationKey,
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: sessionKey });
      queries.removeQueries({ predicate: others });
    },
  });
}

export const useSignIn = () => useEntry((v: { email: string; password: string; code?: string }) => call('POST', '/v1/session', v));
export const usePasskeySignIn = () => useEntry(async () => call('POST', '/v1/session/passkey', { answer: await answer(await askPasskey()) }));
export const useDemoSignIn = () => useEntry((email: string) => call('POST', '/v1/session/demo', { email }));
export const useSignOut = () => useEntry(() => call('DELETE', '/v1/session'), signingOut);
export const useOrganization = () => useEntry((id: string) => call('PUT', '/v1/session/organization', { id }));
export const useSetUp = () => useEntry((v: { code: string; name: string; email?: string; password: string }) => call<Session>('POST', '/v1/setup', v));

/** askPasskey gets a question for any passkey of this node. */
export const askPasskey = () => call<Question>('POST', '/v1/session/passkey:ask');

export const lookAtLink = (code: string) => call<{ first: boolean; name?: string; email?: string }>('POST', '/v1/setup:look', { code });

/** useAccount is how the person's own account is protected. */
export const useAccount = (wanted = true) => useQuery({ queryKey: ['account'], queryFn: () => call<Factors>('GET', '/v1/account'), enabled: wanted });
