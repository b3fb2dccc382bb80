import { useMutation, useQuery } from '@tanstack/react-query';
import { client, ok } from './client';

/** useReport counts what was made since a time. */
export const useReport = (from: number) => useQuery({ queryKey: ['report', from], queryFn: () => ok(client.GET('/v1/reports', { params: { query: { from } } })), staleTime: 30_000 });
/** useReportFile gives the same as CSV, with small numbers hidden. */
export const useReportFile = () => useMutation({ mutationFn: (from: number) => ok(client.POST('/v1/reports:export', { params: { query: { from } } })) });
