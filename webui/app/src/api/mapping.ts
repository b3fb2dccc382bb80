import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Doc } from '../screens/mapping/document';
import type { Note } from '../screens/mapping/work';
import { call, client, ok, Problem, type Schemas } from './client';

export type Shape = Schemas['Shape'];
export type Field = Schemas['Field'];
export type Suggestion = Schemas['Suggestion'];
export type Candidate = Schemas['Candidate'];
export type Rejection = Schemas['Rejection'];
export type WordGuess = Schemas['ValueSuggestion'];
export type Mistake = Schemas['MappingMistake'];
export type Checked = Schemas['Checked'];
export type Ran = Schemas['Ran'];
export type RanOne = Schemas['RanOne'];
export type Report = Schemas['Report'];
export type Trial = Schemas['Trial'];
export type Version = Schemas['Version'];
export type Draft = Schemas['Draft'];
export type StandardField = Schemas['StandardField'];
export type CodeList = Schemas['CodeList'];
export type Came = Schemas['Came'];
export interface Match { local: string; standard: string }

const key = ['mappings'];
const at = (name: string, rest = '') => `/v1/mappings/${encodeURIComponent(name)}${rest}`;

/** useMappings lists what is published and what is a draft. */
export const useMappings = () => useQuery({
  queryKey: [...key, 'all'],
  queryFn: async () => {
    const [published, drafts] = await Promise.all([ok(client.GET('/v1/mappings')), ok(client.GET('/v1/drafts'))]);
    return { published: published.items ?? [], drafts: drafts.items ?? [] };
  },
});

/** nothing turns "there is none" into undefined. */
async function nothing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (e) {
    if (e instanceof Problem && e.status === 404) return undefined;
    throw e;
  }
}

export interface Opened { draft?: Draft; current?: Version; note?: Note }

/** useOpened reads a mapping as it stands, once: afterwards the editor knows it best. */
export const useOpened = (name: string) => useQuery({
  queryKey: [...key, 'open', name],
  queryFn: async (): Promise<Opened> => {
    const [draft, current, work] = await Promise.all([nothing(call<Draft>('GET', at(name, '/draft'))), nothing(call<Version>('GET', at(name))), nothing(call<{ work: Note }>('GET', at(name, '/work')))]);
    return { draft, current, note: work?.work };
  },
  staleTime: Infinity, gcTime: 0, refetchOnWindowFocus: false,
});

/** useStandard is the common standard; it changes only with the program. */
export const useStandard = () => useQuery({ queryKey: ['standard'], queryFn: () => ok(client.GET('/v1/standard')), staleTime: Infinity });

export const useCodes = (standard: string, system: string) => useQuery({
  queryKey: ['codes', standard, system], staleTime: Infinity, enabled: standard !== '', retry: false,
  queryFn: () => ok(client.GET('/v1/codes', { params: { query: { standard, ...(system ? { system } : {}) } } })),
});

export const saveDraft = (name: string, doc: Doc, revision: number) => call<Draft>('PUT', at(name, `/draft?revision=${revision}`), doc);
export const saveNote = (name: string, note: Note) => call('PUT', at(name, '/work'), note);
export const infer = (text: string, name: string, format: string) => call<Shape>('POST', '/v1/mappings:infer', { samples: [{ text, ...(name ? { name } : {}), ...(format ? { format } : {}) }] });
export const suggest = (body: object) => call<Schemas['Suggested']>('POST', '/v1/mappings:suggest', body);
export const checkDoc = (doc: unknown) => call<Checked>('POST', '/v1/mappings:check', doc);
export const readSamples = (name: string) => call<{ items: Came[] | null }>('GET', at(name, '/samples'));

/** useChecked says what is wrong with the document. */
export const useChecked = (doc: Doc, may: boolean) => useQuery({ queryKey: [...key, 'check', doc], queryFn: () => checkDoc(doc), enabled: may, placeholderData: keepPreviousData, gcTime: 5_000, staleTime: Infinity });

/** useRun converts one record there and back. It is about a person: it is not kept. */
export const useRun = (doc: Doc, name: string, input: string, wanted: boolean) => useQuery({
  queryKey: [...key, 'run', name, doc, input], gcTime: 0, staleTime: Infinity, retry: false, enabled: wanted && input !== '', placeholderData: keepPreviousData,
  queryFn: () => call<Ran>('POST', '/v1/mappings:run', { mapping: doc, name, input, back: true }),
});

/** useExamples reads what stands where in one record. */
export const useExamples = (text: string, format: string) => useQuery({
  queryKey: [...key, 'examples', format, text], gcTime: 0, staleTime: Infinity, retry: false, enabled: text !== '' && format !== '', placeholderData: keepPreviousData,
  queryFn: async () => new Map((await infer(text, '', format)).fields?.map((f) => [f.path, (f.examples ?? []).join(', ')]) ?? []),
});

/** useTrial tells what publishing the document would do. */
export const useTrial = (name: string, doc: Doc, wanted: boolean) => useQuery({ queryKey: [...key, 'trial', name, doc], gcTime: 5_000, staleTime: 30_000, retry: false, enabled: wanted, placeholderData: keepPreviousData, queryFn: () => call<Trial>('POST', at(name, '/test'), doc) });

export const useVersions = (name: string) => useQuery({ queryKey: [...key, 'versions', name], queryFn: async () => (await nothing(call<{ items: Version[] | null }>('GET', at(name, '/versions'))))?.items ?? [] });

const useAct = <V, R>(act: (v: V) => Promise<R>) => {
  const queries = useQueryClient();
  return useMutation({ mutationFn: act, onSuccess: () => { for (const k of ['all', 'versions', 'trial']) void queries.invalidateQueries({ queryKey: [...key, k] }); } });
};
export const usePublish = (name: string) => useAct((revision: number) => call<Schemas['Published']>('POST', at(name, `/publish?revision=${revision}`)));
export const useRollBack = (name: string) => useAct((hash: string) => call<Schemas['Published']>('POST', at(name, '/rollback'), { hash }));
export const useGiveUp = (name: string) => useAct((_: void) => call('DELETE', at(name, '/draft')));

/** useDrifts tells what is different in the documents of the connections that use a mapping. */
export const useDrifts = (name: string) => useQuery({
  queryKey: [...key, 'drift', name],
  queryFn: async () => {
    const using = ((await ok(client.GET('/v1/connections'))).items ?? []).filter((c) => c.mapping === name);
    return Promise.all(using.map(async (c) => ({ connection: c, drift: c.direction === 'out' ? undefined : await ok(client.GET('/v1/connections/{id}/drift', { params: { path: { id: c.id } } })) })));
  },
});
/** useLookups names the lists of words that can be read from the systems whose connections use a mapping. */
export const useLookups = (name: string, may: boolean) => useQuery({
  queryKey: [...key, 'lookups', name], enabled: may, staleTime: 60_000, retry: false,
  queryFn: async () => {
    const using = ((await ok(client.GET('/v1/connections'))).items ?? []).filter((c) => c.mapping === name);
    const lists = await Promise.all(using.map(async (c) => ((await ok(client.GET('/v1/connections/{id}/lookups', { params: { path: { id: c.id } } }))).items ?? []).map((l) => ({ connection: c.id, name: c.name, list: l.name }))));
    return lists.flat();
  },
});
export const readLookup = async (connection: string, list: string) => (await ok(client.GET('/v1/connections/{id}/lookups/{list}', { params: { path: { id: connection, list } } }))).items ?? [];
export const useAcceptDrift = (name: string) => {
  const queries = useQueryClient();
  return useMutation({ mutationFn: (id: string) => ok(client.DELETE('/v1/connections/{id}/drift', { params: { path: { id } } })), onSuccess: () => void queries.invalidateQueries({ queryKey: [...key, 'drift', name] }) });
};
