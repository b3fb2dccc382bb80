import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, ok, type Schemas } from './client';

export type Waiting = Schemas['Waiting'];
export type Opened = Schemas['Opened'];

/** useWaitingDocuments lists what no machine may decide. */
export function useWaitingDocuments() {
  return useQuery({ queryKey: ['waiting'], queryFn: () => ok(client.GET('/v1/waiting')) });
}

/** useOpened reads what waits as text, with what could be read of it for the form, once: each look is written into the log. */
export function useOpened(id: string, form: string | undefined, enabled: boolean) {
  return useQuery({
    queryKey: ['opened', id, form], enabled, staleTime: Infinity, gcTime: 0, refetchOnWindowFocus: false, refetchOnReconnect: false,
    queryFn: () => ok(client.GET('/v1/waiting/{id}/opened', { params: { path: { id }, query: form ? { form } : {} } })),
  });
}

/** useWaitingDocument is one of what waits, without its original. */
export function useWaitingDocument(id: string) {
  return useQuery({ queryKey: ['opened', id], queryFn: () => ok(client.GET('/v1/waiting/{id}', byId(id))), staleTime: Infinity });
}

const byId = (id: string) => ({ params: { path: { id } } });

export function useResend() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, to }: { id: string; to: string[] }) => ok(client.POST('/v1/waiting/{id}/resend', { ...byId(id), body: to.length ? { to } : {} })),
    onSuccess: () => { void queries.invalidateQueries({ queryKey: ['waiting'] }); void queries.invalidateQueries({ queryKey: ['referrals'] }); },
  });
}

export function useGiveUp() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => ok(client.DELETE('/v1/waiting/{id}', byId(id))),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['waiting'] }),
  });
}
