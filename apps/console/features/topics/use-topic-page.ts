'use client'
import { keepPreviousData, skipToken, useQuery, useQueryClient } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { askAgain } from '../../lib/ask-again.ts'
import { liveInterval } from '../../lib/live-interval.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import type { topicQueryInput } from './topic-query.ts'

const REFRESH_MS = 10_000

/** A page of the list of topics, and its slow columns where they are wanted. What changes in the cluster arrives by itself. */
export function useTopicPage(input: ReturnType<typeof topicQueryInput>, wantsColumns: boolean) {
  const { topics } = useTRPC()
  const queryClient = useQueryClient()
  const columnsInput = (names: readonly string[]) => ({ cluster: input.cluster, topics: [...names] })
  const live = useSubscription(
    topics.listLive.subscriptionOptions(
      { ...input, columns: wantsColumns },
      {
        onData(view) {
          if (view === null) return void askAgain(queryClient, topics.list.queryFilter(input))
          const { page, columns } = view
          const names = page.rows.map(({ name }) => name)
          if (columns !== null) queryClient.setQueryData(topics.columns.queryKey(columnsInput(names)), columns)
          queryClient.setQueryData(topics.list.queryKey(input), page)
        },
      },
    ),
  )
  const refetchInterval = liveInterval(live, REFRESH_MS)
  const list = useQuery(topics.list.queryOptions(input, { placeholderData: keepPreviousData, refetchInterval }))
  const names = list.data?.rows.map(({ name }) => name) ?? []
  const slow = useQuery(
    topics.columns.queryOptions(wantsColumns && names.length > 0 ? columnsInput(names) : skipToken, {
      placeholderData: keepPreviousData,
      refetchInterval,
    }),
  )
  return { list, slow }
}
