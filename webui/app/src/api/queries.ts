import { QueryCache, QueryClient } from '@tanstack/react-query';
import { Problem } from './client';
import { sessionKey } from './session';

/** queries makes the client of the cache. A refusal is not asked again; when the session has ended, it is looked at anew. */
export function queries(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (e, query) => {
        if (e instanceof Problem && e.status === 401 && query.queryKey[0] !== sessionKey[0]) void client.invalidateQueries({ queryKey: sessionKey });
      },
    }),
    defaultOptions: {
      queries: { staleTime: 10_000, refetchOnWindowFocus: true, retry: (n, e) => n < 2 && !(e instanceof Problem && e.status >= 400 && e.status < 500) },
    },
  });
  return client;
}
