import createClient, { type Middleware } from 'openapi-fetch';
import { language } from '../i18n/language';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];

/** Fault is one thing that is wrong with what was sent, with its place in the form. */
export interface Fault { at: string; sentence: string }

/** Problem is a refusal of the node, in its own words where it has some. */
export class Problem extends Error {
  constructor(readonly status: number, readonly code: string, detail: string, readonly faults: Fault[] = []) { super(detail); }
}

interface Told { status?: number; detail?: string; type?: string; code?: string; errors?: { message?: string; location?: string }[] | null }

/** problemOf reads what the node said. Status 0: the node did not answer. */
export function problemOf(status: number, told: unknown): Problem {
  const t = (typeof told === 'object' && told !== null ? told : {}) as Told;
  const code = t.code ?? (t.type && t.type !== 'about:blank' ? (t.type.split('/').pop() ?? '') : '');
  const faults = (t.errors ?? []).map((e) => ({ at: (e.location ?? '').replace(/^body\./, ''), sentence: e.message ?? '' })).filter((f) => f.sentence !== '');
  return new Problem(status, code, t.detail ?? '', faults);
}

const speak: Middleware = {
  onRequest({ request }) {
    request.headers.set('Accept-Language', language());
    return request;
  },
};

export const client = createClient<paths>({ baseUrl: window.location.origin, credentials: 'same-origin', fetch: (r) => globalThis.fetch(r) });
client.use(speak);

/** ok gives the data of an answer, or throws the node's refusal. */
export async function ok<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let got;
  try {
    got = await call;
  } catch {
    throw new Problem(0, '', '');
  }
  if (!got.response.ok) throw problemOf(got.response.status, got.error);
  return got.data as T;
}

/** call is for routes whose documents the description does not describe: the session's, and documents of a form. */
export async function call<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  let got: Response;
  try {
    got = await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: { 'Accept-Language': language(), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Problem(0, '', '');
  }
  const text = await got.text();
  let said: unknown;
  try { said = text ? JSON.parse(text) : undefined; } catch { said = undefined; }
  if (!got.ok) throw problemOf(got.status, said);
  return said as T;
}
