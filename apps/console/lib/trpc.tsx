'use client'
import type { AppRouter } from '@odradek/api'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createTRPCClient, createWSClient, httpBatchLink, httpBatchStreamLink, splitLink, wsLink } from '@trpc/client'
import { createTRPCContext } from '@trpc/tanstack-react-query'
import { type ReactNode, useState } from 'react'
import { apiError } from './api-error.ts'
import { keepErrors } from './keep-errors.ts'
import { untilReached } from './until-reached.ts'
import { whileSeen } from './while-seen.ts'

export const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>()

/** Queries and mutations go over HTTP, subscriptions over one WebSocket that opens with the first of them and comes back by itself. */
export function ApiProvider({ children }: { children: ReactNode }) {
  const [queryClient] = useState(createQueryClient)
  const [client] = useState(createClient)
  return (
    <QueryClientProvider client={queryClient}>
      <TRPCProvider trpcClient={client} queryClient={queryClient}>
        {children}
      </TRPCProvider>
    </QueryClientProvider>
  )
}

function createQueryClient() {
  const queryClient = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: isWorthAnother,
        retryDelay: 500,
        refetchOnWindowFocus: true,
        refetchInterval: untilReached,
      },
      mutations: { retry: false },
    },
  })
  keepErrors(queryClient)
  return queryClient
}

/** What is the same a moment later. */
const SETTLED = new Set(['NOT_FOUND', 'BAD_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN'])

/** Once, and not where no broker answers: that was waited for, and is better told. */
function isWorthAnother(failures: number, error: unknown): boolean {
  const { code, kafka } = apiError(error)
  return failures < 1 && !SETTLED.has(code) && !(code === 'SERVICE_UNAVAILABLE' && kafka === undefined)
}

function createClient() {
  const http = splitLink<AppRouter>({
    condition: ({ type }) => type === 'mutation',
    // A stream sends its headers before the first answer is there: signing in could not set its cookie.
    true: httpBatchLink({ url: '/api/trpc', maxItems: 20 }),
    false: httpBatchStreamLink({ url: '/api/trpc', maxItems: 20 }),
  })
  // Rendered on the server, no query is sent: pages prefetch in the process itself.
  if (typeof window === 'undefined') return createTRPCClient<AppRouter>({ links: [http] })
  const socket = createWSClient({
    url: () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/ws`,
    lazy: { enabled: true, closeMs: 10_000 },
    retryDelayMs: (attempt) => Math.min(10_000, attempt === 0 ? 0 : 250 * 2 ** attempt),
    keepAlive: { enabled: true, intervalMs: 10_000, pongTimeoutMs: 5_000 },
  })
  return createTRPCClient<AppRouter>({
    links: [
      whileSeen(document),
      splitLink({ condition: ({ type }) => type === 'subscription', true: wsLink({ client: socket }), false: http }),
    ],
  })
}
