'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { appendedPoint } from '../../../lib/appended-point.ts'
import { askAgain } from '../../../lib/ask-again.ts'
import { liveInterval } from '../../../lib/live-interval.ts'
import { useTRPC } from '../../../lib/trpc.tsx'

const REFRESH_MS = 5_000

/** A topic's figures; they and its rate arrive by themselves. */
export function useTopic(cluster: string, topic: string) {
  const { topics } = useTRPC()
  const queryClient = useQueryClient()
  const input = { cluster, topic }
  const live = useSubscription(
    topics.live.subscriptionOptions(input, {
      onData({ data: { atMs, detail } }) {
        if (detail === null) return void askAgain(queryClient, topics.get.queryFilter(input))
        queryClient.setQueryData(topics.get.queryKey(input), detail)
        const { recordsInPerSecond } = detail
        const known = queryClient.getQueryData(topics.series.queryKey(input))
        // A topic has a history from its first busy moment on; what the server has of it is asked for.
        if (known == null && (recordsInPerSecond ?? 0) > 0) {
          return void queryClient.invalidateQueries(topics.series.queryFilter(input))
        }
        queryClient.setQueryData(
          topics.series.queryKey(input),
          (before) => before && appendedPoint(before, atMs, { recordsInPerSecond }),
        )
      },
    }),
  )
  return useQuery(topics.get.queryOptions(input, { refetchInterval: liveInterval(live, REFRESH_MS) }))
}
