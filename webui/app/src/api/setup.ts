import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useProve } from '../shell/StepUp';
import { call, client, ok, type Schemas } from './client';

export type Profile = Schemas['Profile'];
export type Description = Schemas['Description'];
export type Service = NonNullable<Description['services']>[number];
export type Kind = Schemas['Medium'];
export type Setting = Schemas['Setting'];
export type Connection = Schemas['ConnectionRow'];
export type Rules = Schemas['Rules'];

/** Created is a new organization with its recovery files. It lives in memory until it was kept, and nowhere else. */
export interface Created { id: string; name: string; rootFile: string; rootPassphrase: string; recoveryFile: string; recoveryPassphrase: string }

/** fileOf gives a text file as the API takes one. */
export const fileOf = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

export function useProfile(wanted = true) {
  return useQuery({ queryKey: ['organization'], queryFn: () => ok(client.GET('/v1/organization')), enabled: wanted });
}

export function useKit(wanted = true) {
  return useQuery({ queryKey: ['kit'], queryFn: () => ok(client.GET('/v1/recovery')), enabled: wanted });
}

export function useRules(wanted = true) {
  return useQuery({ queryKey: ['settings'], queryFn: () => ok(client.GET('/v1/settings')), enabled: wanted });
}

export function useKinds() {
  return useQuery({ queryKey: ['kinds'], queryFn: () => ok(client.GET('/v1/kinds')), staleTime: Infinity });
}

/** kindStart reads the mapping that a kind of connection brings, with a record of an invented person. */
export const kindStart = (id: string) => ok(client.GET('/v1/kinds/{id}/start', { params: { path: { id } } }));

export function useConnections(wanted = true) {
  return useQuery({ queryKey: ['connections'], queryFn: () => ok(client.GET('/v1/connections')), enabled: wanted });
}

export function useMappings(wanted = true) {
  return useQuery({ queryKey: ['mappings', 'published'], queryFn: () => ok(client.GET('/v1/mappings')), enabled: wanted });
}

export function useServices() {
  return useQuery({ queryKey: ['services'], queryFn: () => ok(client.GET('/v1/services')) });
}

/** useNodeOrganizations lists whom the node hosts, for who runs it. */
export function useNodeOrganizations() {
  return useQuery({ queryKey: ['node', 'organizations'], queryFn: () => call<{ items: { id: string; name: string }[] | null }>('GET', '/v1/organizations') });
}

function useChange<V, R>(act: (v: V) => Promise<R>, ...keys: string[]) {
  const queries = useQueryClient();
  const prove = useProve();
  return useMutation({ mutationFn: (v: V) => prove(() => act(v)), gcTime: 0, onSuccess: () => { for (const k of keys) void queries.invalidateQueries({ queryKey: [k] }); } });
}

const byId = (id: string) => ({ params: { path: { id } } });

export interface Founding { name: string; phone: string; email: string; zone: string }

/** found makes an organization whose owner is who asks, works for it from now on, and notes where its clock stands. */
export async function found(v: Founding): Promise<Created> {
  const made = await call<Created>('POST', '/v1/organizations', { name: v.name, contact: { phone: v.phone, email: v.email }, mine: true });
  await call('PUT', '/v1/session/organization', { id: made.id }).then(() => call('PUT', '/v1/settings', { calendar: { zone: v.zone } })).catch(() => undefined); // the files come first
  return made;
}

export const useDescribe = () => useChange((d: Description) => ok(client.PUT('/v1/organization', { body: d })), 'organization', 'session');
export const useSetRules = () => useChange((r: Rules) => ok(client.PUT('/v1/settings', { body: r })), 'settings');
export const useKeepKit = () => useChange((_: void) => call('POST', '/v1/recovery:kept'), 'kit');
export const useCheckKit = () => useChange((v: { file: string; passphrase: string }) => call<{ file: string }>('POST', '/v1/recovery:check', v), 'kit');
export const useSignCharter = () => useChange((v: { file: string; passphrase: string }) => call('POST', '/v1/charter', v), 'charter');
export const useRecover = () => useChange((v: { file: string; passphrase: string }) => call<Created>('POST', '/v1/recovery', v), 'charter', 'kit');
export const useHouseFile = () => useChange((_: void) => call<{ file: string }>('GET', '/v1/house-file'));
export const useAnnounce = () => useChange((announce: boolean) => call('PUT', '/v1/announcement', { announce }), 'organization');

export type ConnectionBody = Omit<Connection, 'state' | '$schema'> & { secrets?: Record<string, string> };
export const usePutConnection = () => useChange((c: ConnectionBody) => ok(client.PUT('/v1/connections/{id}', { ...byId(c.id), body: c })), 'connections');
export const useTestConnection = () => useChange((id: string) => ok(client.POST('/v1/connections/{id}/test', byId(id))), 'connections');
export const usePause = () => useChange((v: { id: string; paused: boolean }) => ok(client.PUT('/v1/connections/{id}/paused', { ...byId(v.id), body: { paused: v.paused } })), 'connections');
export const useRemoveConnection = () => useChange((id: string) => ok(client.DELETE('/v1/connections/{id}', byId(id))), 'connections');
