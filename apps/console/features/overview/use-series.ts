'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { appendedPoint } from '../../lib/appended-point.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import type { SeriesData } from './outputs.ts'

/** The whole again, now and then: what a page missed while it slept. */
const REFRESH_MS = 60_000

/** Throughput and lag since the console watches the cluster; each new point arrives by itself, and after a break those missed. */
export function useSeries(cluster: string): SeriesData | undefined {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const series = useQuery(trpc.overview.series.queryOptions({ cluster }, { refetchInterval: REFRESH_MS }))
  useSubscription(
    trpc.overview.live.subscriptionOptions(
      { cluster },
      {
        onData: ({ data }) =>
          queryClient.setQueryData(
            trpc.overview.series.queryKey({ cluster }),
            (before) => before && appendedPoint(before, data.atMs, data.values),
          ),
      },
    ),
  )
  return series.data
}
