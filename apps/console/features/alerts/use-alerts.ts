'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTRPC } from '../../lib/trpc.tsx'

const REFRESH_MS = 5_000

/** Rules and alerts of the cluster. */
export function useAlerts(cluster: string) {
  const trpc = useTRPC()
  return useQuery(trpc.alerts.get.queryOptions({ cluster }, { refetchInterval: REFRESH_MS }))
}

export function useAlertsChanged(): () => Promise<void> {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  return useCallback(() => queryClient.invalidateQueries(trpc.alerts.pathFilter()), [trpc, queryClient])
}
