import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useProve } from '../shell/StepUp';
import { call } from './client';

export type Scope = 'referrals' | 'admin';
export interface Key { id: string; name: string; scope: Scope; created: number; revoked?: number }

const key = ['keys'];

/** useKeys lists the organization's API keys, without their secrets. */
export const useKeys = () => useQuery({ queryKey: key, queryFn: async () => (await call<{ items: Key[] | null }>('GET', '/v1/apikeys')).items ?? [] });

function useChange<V, R>(act: (v: V) => Promise<R>) {
  const queries = useQueryClient();
  const prove = useProve();
  return useMutation({ mutationFn: (v: V) => prove(() => act(v)), onSuccess: () => void queries.invalidateQueries({ queryKey: key }) });
}

/** useMakeKey answers with the secret, this once. */
export const useMakeKey = () => useChange((v: { name: string; scope: Scope }) => call<Key & { key: string }>('POST', '/v1/apikeys', v));
export const useRevokeKey = () => useChange((id: string) => call('DELETE', `/v1/apikeys/${encodeURIComponent(id)}`));
