import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { client, ok, type Schemas } from './client';

export type Deed = Schemas['Deed'];
export interface Asked { actor?: string; kind?: string; from?: number; to?: number }

/** useActivity reads the log page by page, newest first. */
export function useActivity(asked: Asked) {
  return useInfiniteQuery({
    queryKey: ['activity', asked],
    queryFn: ({ pageParam }) => ok(client.GET('/v1/activity', { params: { query: { ...asked, limit: 100, before: pageParam || undefined } } })),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.next ? Number(last.next) : undefined),
    staleTime: 5_000,
  });
}

/** useExport gives what is asked for as CSV. */
export const useExport = () => useMutation({ mutationFn: (asked: Asked) => ok(client.POST('/v1/activity:export', { params: { query: asked } })) });
