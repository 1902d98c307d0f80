'use client'
import { useQuery } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { liveInterval } from '../../lib/live-interval.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'

const REFRESH_MS = 5_000

/** A broker with its disks and how it fares; what changes arrives by itself. */
export function useBroker(cluster: string, nodeId: number) {
  const { brokers } = useTRPC()
  const input = { cluster, nodeId }
  const onData = useKept(brokers.get.queryKey(input))
  const live = useSubscription(brokers.live.subscriptionOptions(input, { onData }))
  return useQuery(brokers.get.queryOptions(input, { refetchInterval: liveInterval(live, REFRESH_MS) }))
}
