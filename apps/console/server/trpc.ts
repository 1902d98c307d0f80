import type { AppRouter } from '@odradek/api'
import { dehydrate, type FetchQueryOptions, QueryClient } from '@tanstack/react-query'
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query'
import { headers } from 'next/headers'
import { cache } from 'react'
import { host } from './host.ts'
import { inTime } from './in-time.ts'

/** The request's query client and router, for prefetching. */
export const serverTrpc = cache(async () => {
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 5_000 } } })
  const { router, context } = host()
  const requestHeaders = new Headers(await headers())
  const trpc = createTRPCOptionsProxy<AppRouter>({ ctx: () => context(requestHeaders), router, queryClient })
  return { queryClient, trpc }
})

/** Calls procedures for the request, until the signal ends them: for what would go on reading after the page is sent. */
export async function serverCaller(signal: AbortSignal) {
  const { router, context } = host()
  return router.createCaller(await context(new Headers(await headers())), { signal })
}

/**
 * Asks for what the page shows, and returns what to hydrate. A cluster that is slow or away costs at most what `inTime` waits.
 * @param queries made by `trpc.x.y.queryOptions(input)`
 */
// biome-ignore lint/suspicious/noExplicitAny: query options differ in all four parameters; only their promises matter here.
export async function prefetch(...queries: FetchQueryOptions<any, any, any, any>[]) {
  const { queryClient } = await serverTrpc()
  await inTime(() => Promise.all(queries.map((query) => queryClient.prefetchQuery(query))))
  return dehydrate(queryClient, { shouldDehydrateQuery: ({ state }) => state.status === 'success' })
}
