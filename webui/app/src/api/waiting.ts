import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client, ok, type Schemas } from './client';

export type Waiting = Schemas['Waiting'];

/** useWaitingDocuments lists what no machine may decide. */
export function useWaitingDocuments() {
  return useQuery({ queryKey: ['waiting'], queryFn: () => ok(client.GET('/v1/waiting')) });
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
