'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useSubscription } from '@trpc/tanstack-react-query'
import { useCallback } from 'react'
import { liveInterval } from '../../lib/live-interval.ts'
import { useTRPC } from '../../lib/trpc.tsx'
import { useKept } from '../../lib/use-kept.ts'

const REFRESH_MS = 5_000

/** Rules and alerts of the cluster; what changes arrives by itself. For the frame: what stands in it reads what is kept. */
export function useLiveAlerts(cluster: string) {
  const { alerts } = useTRPC()
  const onData = useKept(alerts.get.queryKey({ cluster }))
  const live = useSubscription(alerts.live.subscriptionOptions({ cluster }, { onData }))
  return useQuery(alerts.get.queryOptions({ cluster }, { refetchInterval: liveInterval(live, REFRESH_MS) }))
}

/** Rules and alerts as the frame around keeps them. */
export function useAlerts(cluster: string) {
  const { alerts } = useTRPC()
  return useQuery(alerts.get.queryOptions({ cluster }))
}

export function useAlertsChanged(): () => Promise<void> {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  return useCallback(() => queryClient.invalidateQueries(trpc.alerts.pathFilter()), [trpc, queryClient])
}
