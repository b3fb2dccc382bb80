import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from './client';

export interface Session {
  signedIn: boolean;
  setUp: boolean;
  user?: { id: string; name: string; email: string; language?: string };
  organizations: { id: string; name: string; role: string }[];
  organization?: string;
  can: string[];
  stepUpUntil?: number | string;
}

export const sessionKey = ['session'];

export function useSession() {
  return useQuery({
    queryKey: sessionKey,
    queryFn: async () => {
      const s = await call<Session>('GET', '/v1/session');
      return { ...s, organizations: s.organizations ?? [], can: s.can ?? [] };
    },
    staleTime: 60_000,
  });
}

/** useEntry is every act that changes who is signed in, or for which organization: all that was read is forgotten. */
function useEntry<V>(act: (value: V) => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: sessionKey });
      queries.removeQueries({ predicate: (q) => q.queryKey[0] !== sessionKey[0] });
    },
  });
}

export const useSignIn = () => useEntry((v: { email: string; password: string; code?: string }) => call('POST', '/v1/session', v));
export const useSignOut = () => useEntry(() => call('DELETE', '/v1/session'));
export const useOrganization = () => useEntry((id: string) => call('PUT', '/v1/session/organization', { id }));
export const useSetUp = () => useEntry((v: { code: string; name: string; email: string; password: string }) => call('POST', '/v1/setup', v));
