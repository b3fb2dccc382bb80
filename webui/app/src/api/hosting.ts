import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useProve } from '../shell/StepUp';
import { call } from './client';

export interface Health { version: string; ready: boolean; started: string; organizations: number; partners: number; connected: number; store: string; freeBytes: number; warnings: string[]; addresses: string[] | null }
export interface Limits { suspended: boolean; reason?: string; perDay?: number }
export interface Hosted extends Limits { id: string; name: string; since?: number; created: number; people: number; owner: boolean; partners: number; spent: number }
export interface Kit { id: string; name: string; rootFile: string; rootPassphrase: string; recoveryFile: string; recoveryPassphrase: string }
export interface Size { rows: number; bytes: number; files: number }

const key = ['hosting'];
const at = (id: string, rest: string) => `/v1/node/organizations/${encodeURIComponent(id)}/${rest}`;

/** useHealth is how the node is, looked at again every half minute. */
export const useHealth = () => useQuery({ queryKey: [...key, 'health'], queryFn: () => call<Health>('GET', '/v1/status'), refetchInterval: 30_000 });
export const useHosted = () => useQuery({ queryKey: [...key, 'organizations'], queryFn: async () => (await call<{ items: Hosted[] }>('GET', '/v1/node/organizations')).items });

function useChange<V, R>(act: (v: V) => Promise<R>) {
  const queries = useQueryClient();
  const prove = useProve();
  return useMutation({ mutationFn: (v: V) => prove(() => act(v)), onSuccess: () => void queries.invalidateQueries({ queryKey: key }) });
}

export const useCreateHosted = () => useChange((v: { name: string; phone: string; email: string }) =>
  call<Kit>('POST', '/v1/organizations', { name: v.name, contact: { ...(v.phone ? { phone: v.phone } : {}), ...(v.email ? { email: v.email } : {}) } }));
/** useInviteOwner answers with the code of the owner's link. */
export const useInviteOwner = () => useChange((v: { id: string; name: string; email: string }) => call<{ code: string }>('POST', `/v1/organizations/${encodeURIComponent(v.id)}/owner`, { name: v.name, email: v.email }));
export const useLimits = () => useChange((v: { id: string; limits: Limits }) => call<Hosted>('PUT', at(v.id, 'hosting'), v.limits));
export const useMeasure = () => useMutation({ mutationFn: (id: string) => call<Size>('GET', at(id, 'size')) });
/** useHouseFile gives the file, in base64. */
export const useHouseFile = () => useChange((id: string) => call<{ file: string }>('GET', at(id, 'house-file')));
