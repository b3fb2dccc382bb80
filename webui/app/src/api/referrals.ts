import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useLanguage } from '../i18n/language';
import { client, ok, type Schemas } from './client';

export type Row = Schemas['Row'];
export type Conversation = Schemas['Conversation'];
export type Act = Schemas['ActInputBody'];
export type Direction = 'in' | 'out';

/** View is a choice that the node makes among all referrals. */
export type View = 'waiting' | 'overdue' | 'soon' | 'urgent' | 'mine' | 'stuck' | 'closed';

export const listKey = (direction: Direction, view?: View) => ['referrals', direction, view ?? 'all'];
export const oneKey = (id: string) => ['referral', id];
const pageSize = 200;

/** useReferrals reads a list page by page, newest first. A page of a view may be short and not the last. */
export function useReferrals(direction: Direction, enabled = true, view?: View) {
  return useInfiniteQuery({
    enabled,
    queryKey: listKey(direction, view),
    queryFn: ({ pageParam }) => ok(client.GET('/v1/referrals', { params: { query: { direction, view, limit: pageSize, after: pageParam || undefined } } })),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  });
}

/** useCounts says how many referrals there are in each view. */
export const useCounts = (enabled = true) => useQuery({ enabled, queryKey: ['referrals', 'counts'], queryFn: () => ok(client.GET('/v1/referrals:counts')) });

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

/** useFiles lists the files of a referral. */
export const useFiles = (id: string) => useQuery({ queryKey: ['referrals', id, 'files'], queryFn: async () => (await ok(client.GET('/v1/referrals/{id}/files', idPath(id)))).files ?? [] });

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

const notesKey = (id: string) => [...oneKey(id), 'notes'];

/** useNotes reads what colleagues wrote for themselves. */
export const useNotes = (id: string) => useQuery({ queryKey: notesKey(id), queryFn: () => ok(client.GET('/v1/referrals/{id}/notes', idPath(id))) });

export function useWriteNote(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (text: string) => ok(client.POST('/v1/referrals/{id}/notes', { ...idPath(id), body: { text } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: notesKey(id) }),
  });
}

/** useAssign gives referrals to a colleague, or to nobody (""). */
export function useAssign() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (v: { ids: string[]; person: string }) => { for (const id of v.ids) await ok(client.PUT('/v1/referrals/{id}/assignee', { ...idPath(id), body: { person: v.person } })); },
    onSettled: (_done, _error, v) => Promise.all([queries.invalidateQueries({ queryKey: ['referrals'] }), ...v.ids.map((id) => queries.invalidateQueries({ queryKey: [...oneKey(id), 'row'] }))]),
  });
}

/** mineToMove: this side has to do something, as far as the life of the referral says. */
export const mineToMove = (r: Row) => !r.erased && r.turn === (r.direction === 'in' ? 'recipient' : 'sender');

/** troubled: a sent one that does not get through by itself. */
export const troubled = (r: Row) => r.direction === 'out' && (['waiting', 'refused', 'undeliverable'].includes(r.state) || (['queued', 'sent'].includes(r.state) && (r.alarm !== undefined || Boolean(r.reason))));
