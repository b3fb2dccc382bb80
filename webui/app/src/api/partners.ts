import { useQuery } from '@tanstack/react-query';
import { client, ok } from './client';

/** usePartners lists the organization's partners. */
export function usePartners() {
  return useQuery({ queryKey: ['partners'], queryFn: () => ok(client.GET('/v1/partners')), staleTime: 60_000 });
}
