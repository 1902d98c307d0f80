'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { appendedPoint } from '../../../lib/appended-point.ts'
import { askAgain } from '../../../lib/ask-again.ts'
import { liveInterval } from '../../../lib/live-interval.ts'
import { useTRPC } from '../../../lib/trpc.tsx'

const REFRESH_MS = 5_000

/** A group in full. Its commits, members and lag arrive by themselves, for this and for all that is shown beside it. */
export function useGroup(cluster: string, group: string) {
  const { groups } = useTRPC()
  const queryClient = useQueryClient()
  const input = { cluster, group }
  const live = useSubscription(
    groups.live.subscriptionOptions(input, {
      onData({ data: { atMs, lag, trend, detail } }) {
        if (detail === null) return void askAgain(queryClient, groups.get.queryFilter(input))
        queryClient.setQueryData(groups.get.queryKey(input), detail)
        const series = groups.lagSeries.queryFilter(input)
        // Its first point: what the server has of it is asked for.
        if (queryClient.getQueryData(groups.lagSeries.queryKey(input))?.history == null) {
          return void queryClient.invalidateQueries(series)
        }
        queryClient.setQueryData(groups.lagSeries.queryKey(input), (before) =>
          before?.history ? { history: appendedPoint(before.history, atMs, { lag }), trend } : before,
        )
      },
    }),
  )
  return useQuery(groups.get.queryOptions(input, { refetchInterval: liveInterval(live, REFRESH_MS) }))
}
