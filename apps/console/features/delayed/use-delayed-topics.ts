'use client'
import { useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { liveInterval } from '../../lib/live-interval.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'

const REFRESH_MS = 5_000

/** Topics whose records wait; what changes arrives by itself. */
export function useDelayedTopics(cluster: string) {
  const { delayed } = useTRPC()
  const onData = useKept(delayed.topics.queryKey({ cluster }))
  const live = useSubscription(delayed.topicsLive.subscriptionOptions({ cluster }, { onData }))
  return useQuery(delayed.topics.queryOptions({ cluster }, { refetchInterval: liveInterval(live, REFRESH_MS) }))
}
