import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useProve } from '../shell/StepUp';
import { client, ok, type Schemas } from './client';

export type Partner = Schemas['Neighbor'];
export type Standing = 'active' | 'suspended' | 'winding-down' | 'ended' | 'blocked';

/** Allowed is what the organization says yes to. */
export interface Allowed { theySend: boolean; weSend: boolean; needs: { system: string; code: string }[]; withheld: string[]; perDay: number; namesFirst: boolean }

/** usePartners lists the organization's partners. */
export function usePartners(enabled = true) {
  return useQuery({ enabled, queryKey: ['partners'], queryFn: () => ok(client.GET('/v1/partners')), staleTime: 60_000 });
}

/** usePartner is one of them, looked at again while something is still to happen with it. */
export function usePartner(id: string) {
  return useQuery({
    queryKey: ['partners', id], queryFn: () => ok(client.GET('/v1/partners/{id}', { params: { path: { id } } })),
    refetchInterval: (q) => (q.state.data && q.state.data.state !== 'partner' ? 4000 : false),
  });
}

export function useInvitations(wanted: boolean) {
  return useQuery({ queryKey: ['partners', 'invitations'], queryFn: () => ok(client.GET('/v1/partners/invitations')), enabled: wanted });
}

function useChange<V, R>(act: (v: V) => Promise<R>) {
  const queries = useQueryClient();
  const prove = useProve();
  return useMutation({ mutationFn: (v: V) => prove(() => act(v)), onSuccess: () => void queries.invalidateQueries({ queryKey: ['partners'] }) });
}

const byId = (id: string) => ({ params: { path: { id } } });

export const useInvitePartner = () => useChange((_: void) => ok(client.POST('/v1/partners/invitations')));
export const useWithdraw = () => useChange((id: string) => ok(client.DELETE('/v1/partners/invitations/{id}', byId(id))));
export const useAcceptInvitation = () => useChange((invitation: string) => ok(client.POST('/v1/partners:accept', { body: { invitation } })));
export const usePermit = () => useChange((v: { id: string; allowed: Allowed }) => ok(client.POST('/v1/partners/{id}/confirmation', { ...byId(v.id), body: { match: true, ...v.allowed } })));
export const useReject = () => useChange((id: string) => ok(client.POST('/v1/partners/{id}/confirmation', { ...byId(id), body: { match: false, theySend: false, weSend: false } })));
export const useStand = () => useChange((v: { id: string; state: Standing }) => ok(client.PUT('/v1/partners/{id}/standing', { ...byId(v.id), body: { state: v.state } })));
export const useTryPartner = () => useChange((id: string) => ok(client.POST('/v1/partners/{id}/try', byId(id))));

export function usePractice() {
  return useQuery({ queryKey: ['partners', 'practice'], queryFn: () => ok(client.GET('/v1/practice')) });
}
export const useStartPractice = () => useChange((_: void) => ok(client.POST('/v1/practice')));
