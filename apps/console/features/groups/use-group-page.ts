'use client'
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { askAgain } from '../../lib/ask-again.ts'
import { liveInterval } from '../../lib/live-interval.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import type { groupQueryInput } from './group-query.ts'

const REFRESH_MS = 10_000

/** A page of the list of groups; lags and states arrive by themselves. */
export function useGroupPage(input: ReturnType<typeof groupQueryInput>) {
  const { groups } = useTRPC()
  const queryClient = useQueryClient()
  const live = useSubscription(
    groups.listLive.subscriptionOptions(input, {
      onData(page) {
        if (page === null) return void askAgain(queryClient, groups.list.queryFilter(input))
        queryClient.setQueryData(groups.list.queryKey(input), page)
      },
    }),
  )
  return useQuery(
    groups.list.queryOptions(input, {
      placeholderData: keepPreviousData,
      refetchInterval: liveInterval(live, REFRESH_MS),
    }),
  )
}
