'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { useTRPC } from '../../lib/trpc.tsx'
import type { SeriesData } from './outputs.ts'

const POINTS_MAX = 720
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
            (before) => before && appended(before, data),
          ),
      },
    ),
  )
  return series.data
}

interface Point {
  readonly atMs: number
  readonly values: Readonly<Record<keyof SeriesData['values'], number | null>>
}

/** The series and one more point; one that is there already is not added again. */
function appended(before: SeriesData, { atMs, values }: Point): SeriesData {
  if (atMs <= (before.atMs.at(-1) ?? 0)) return before
  const grown = Object.entries(before.values).map(([name, list]): [string, (number | null)[]] => {
    return [name, [...list, values[name as keyof SeriesData['values']]].slice(-POINTS_MAX)]
  })
  return {
    atMs: [...before.atMs, atMs].slice(-POINTS_MAX),
    values: Object.fromEntries(grown) as SeriesData['values'],
  }
}
