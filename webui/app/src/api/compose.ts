import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { formId } from '../screens/compose/formId';
import { connection, mapping } from '../screens/compose/mapping';
import { call, client, ok, Problem, type Schemas } from './client';

export type Previewed = Schemas['Previewed'];
export type Posted = Schemas['Posted'];

const query = (to: string[]) => `?connection=${formId}${to.map((t) => `&to=${encodeURIComponent(t)}`).join('')}`;

/** useForm says whether the organization has the connection through which the form posts. Who may not read connections asks by looking at an empty form. */
export function useForm(listed: boolean) {
  return useQuery({
    queryKey: ['connections', 'form', listed], staleTime: 60_000,
    queryFn: async () => {
      if (!listed) return { ready: await answered(), others: 0 };
      const page = await ok(client.GET('/v1/connections'));
      return { ready: page.items?.some((c) => c.id === formId) ?? false, others: page.items?.filter((c) => c.direction !== 'out' && c.format === 'json' && c.id !== formId).length ?? 0 };
    },
  });
}

async function answered(): Promise<boolean> {
  try {
    await call('POST', `/v1/referrals:preview${query([])}`, {});
  } catch (e) {
    if (e instanceof Problem && e.status === 404) return false;
    if (!(e instanceof Problem) || e.status !== 422) throw e;
  }
  return true;
}

/** useSwitchOn publishes the mapping of the form and sets up its connection. */
export function useSwitchOn() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      await call('PUT', `/v1/mappings/${formId}`, mapping(Intl.DateTimeFormat().resolvedOptions().timeZone));
      await call('PUT', `/v1/connections/${formId}`, connection);
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['connections'] }),
  });
}

/** usePreview asks what would be sent. It is not kept: it is about a person. */
export function usePreview() {
  return useMutation({ mutationFn: ({ document, to }: { document: object; to: string[] }) => call<Previewed>('POST', `/v1/referrals:preview${query(to)}`, document), gcTime: 0 });
}

interface Sending { document: object; to: string[]; key: string; read?: { id: string; files: number[] } }

/** useSend posts the document, or sends it in place of what waited and was read. The key makes a second press of the button the same sending; what waited is one by itself. */
export function useSend() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ document, to, key, read }: Sending) => (read
      ? call<Posted>('POST', `/v1/waiting/${encodeURIComponent(read.id)}/referral`, { connection: formId, document, to, files: read.files })
      : call<Posted>('POST', `/v1/referrals${query(to)}`, document, { 'Idempotency-Key': key })),
    onSuccess: () => { void queries.invalidateQueries({ queryKey: ['referrals'] }); void queries.invalidateQueries({ queryKey: ['waiting'] }); },
    gcTime: 0,
  });
}
