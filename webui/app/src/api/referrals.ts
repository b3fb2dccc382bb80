import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useLanguage } from '../i18n/language';
import { client, ok, type Schemas } from './client';

export type Row = Schemas['Row'];
export type Conversation = Schemas['Conversation'];
export type Act = Schemas['ActInputBody'];
export type Direction = 'in' | 'out';

export const listKey = (direction: Direction) => ['referrals', direction];
export const oneKey = (id: string) => ['referral', id];
const pageSize = 200;

/** useReferrals reads the list page by page, newest first. */
export function useReferrals(direction: Direction, enabled = true) {
  return useInfiniteQuery({
    enabled,
    queryKey: listKey(direction),
    queryFn: ({ pageParam }) => ok(client.GET('/v1/referrals', { params: { query: { direction, limit: pageSize, after: pageParam || undefined } } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  });
}

const idPath = (id: string) => ({ params: { path: { id } } });

export function useReferral(id: string) {
  return useQuery({ queryKey: [...oneKey(id), 'row'], queryFn: () => ok(client.GET('/v1/referrals/{id}', idPath(id))) });
}

/** useThread reads what was said. The node notes each reading, so that it is not read again without need. */
export function useThread(id: string) {
  const { language } = useLanguage();
  return useQuery({ queryKey: [...oneKey(id), 'thread', language], queryFn: () => ok(client.GET('/v1/referrals/{id}/thread', idPath(id))), refetchOnWindowFocus: false, staleTime: Infinity });
}

/** useContent reads the referral itself in one of its versions. */
export function useContent(id: string, version: number | undefined, erased: boolean) {
  return useQuery({
    queryKey: ['content', id, version], enabled: version !== undefined && !erased, staleTime: Infinity, refetchOnWindowFocus: false,
    queryFn: () => ok(client.GET('/v1/referrals/{id}/content', idPath(id))) as Promise<unknown>,
  });
}

/** useAct takes a step. Its answer is the thread with the step in it. */
export function useAct(id: string) {
  const queries = useQueryClient();
  const { language } = useLanguage();
  return useMutation({
    mutationFn: (act: Act) => ok(client.POST('/v1/referrals/{id}/acts', { ...idPath(id), body: act })),
    onSuccess: (thread) => {
      queries.setQueryData([...oneKey(id), 'thread', language], thread);
      void queries.invalidateQueries({ queryKey: [...oneKey(id), 'row'] });
      void queries.invalidateQueries({ queryKey: ['referrals'] });
    },
  });
}

export function useRetry() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => ok(client.POST('/v1/referrals/{id}/retry', idPath(id))),
    onSuccess: () => void queries.invalidateQueries({ queryKey: ['referrals'] }),
  });
}

/** mineToMove: this side has to do something, as far as the life of the referral says. */
export const mineToMove = (r: Row) => !r.erased && r.turn === (r.direction === 'in' ? 'recipient' : 'sender');

const over = new Set(['closed', 'declined', 'returned', 'recalled', 'consent-ended', 'entered-in-error']);
export const isOver = (r: { status: string }) => over.has(r.status);

/** troubled: a sent one that does not get through by itself. */
export const troubled = (r: Row) => r.direction === 'out' && (['waiting', 'refused', 'undeliverable'].includes(r.state) || (['queued', 'sent'].includes(r.state) && (r.alarm !== undefined || Boolean(r.reason))));
