import type { AppRouter } from '@odradek/api'
import { dehydrate, type FetchQueryOptions, QueryClient } from '@tanstack/react-query'
import { createTRPCOptionsProxy } from '@trpc/tanstack-react-query'
import { headers } from 'next/headers'
import { cache } from 'react'
import { host } from './host.ts'

/** How long a page waits for its data before it is sent with skeletons; the browser then asks for itself. */
const PREFETCH_MS_MAX = 400

/** The request's query client and router, for prefetching. */
export const serverTrpc = cache(async () => {
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 5_000 } } })
  const { router, context } = host()
  const requestHeaders = new Headers(await headers())
  const trpc = createTRPCOptionsProxy<AppRouter>({ ctx: () => context(requestHeaders), router, queryClient })
  return { queryClient, trpc }
})

/**
 * Asks for what the page shows, and returns what to hydrate. A cluster that is slow or away costs at most `PREFETCH_MS_MAX`.
 * @param queries made by `trpc.x.y.queryOptions(input)`
 */
// biome-ignore lint/suspicious/noExplicitAny: query options differ in all four parameters; only their promises matter here.
export async function prefetch(...queries: FetchQueryOptions<any, any, any, any>[]) {
  const { queryClient } = await serverTrpc()
  await inTime(Promise.all(queries.map((query) => queryClient.prefetchQuery(query))))
  return dehydrate(queryClient, { shouldDehydrateQuery: ({ state }) => state.status === 'success' })
}

/** What was asked for, if it comes while the page may wait for it; null if not, or if it failed. */
export async function inTime<T>(asked: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, PREFETCH_MS_MAX, null)
  })
  const came = await Promise.race([asked.catch(() => null), late])
  clearTimeout(timer)
  return came
}
