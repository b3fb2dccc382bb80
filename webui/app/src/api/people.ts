import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useProve } from '../shell/StepUp';
import { call } from './client';

export type Role = 'owner' | 'admin' | 'worker' | 'auditor';
export const roles: Role[] = ['worker', 'admin', 'auditor', 'owner'];

export interface Person { id: string; name: string; email: string; role: Role; invited: boolean; seenAt?: number; you: boolean }

const key = ['people'];

/** usePeople lists who belongs to the organization. */
export const usePeople = () => useQuery({ queryKey: key, queryFn: async () => (await call<{ items: Person[] }>('GET', '/v1/people')).items });

function useChange<V, R>(act: (v: V) => Promise<R>) {
  const queries = useQueryClient();
  const prove = useProve();
  return useMutation({ mutationFn: (v: V) => prove(() => act(v)), onSuccess: () => void queries.invalidateQueries({ queryKey: key }) });
}

const at = (id: string, rest = '') => `/v1/people/${encodeURIComponent(id)}${rest}`;

/** useInvitePerson answers with the code of the person's link, or none for who has an account already. */
export const useInvitePerson = () => useChange((v: { name: string; email: string; role: Role }) => call<Person & { code?: string }>('POST', '/v1/people', v));
export const useSetRole = () => useChange((v: { id: string; role: Role }) => call('PATCH', at(v.id), { role: v.role }));
export const useRemovePerson = () => useChange((id: string) => call('DELETE', at(id)));
export const useNewLink = () => useChange((id: string) => call<{ code: string }>('POST', at(id, '/link')));
export const useEndSessions = () => useChange((id: string) => call('DELETE', at(id, '/sessions')));

/** linkOf is where a person takes a code up. The code stands after #, which browsers do not send. */
export const linkOf = (code: string) => `${window.location.origin}/setup#${code}`;
