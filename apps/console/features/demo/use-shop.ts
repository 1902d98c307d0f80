'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useTRPC } from '../../lib/trpc.tsx'

const CHANGING_MS = 1_000
const STEADY_MS = 15_000

/** The sample shop of a cluster: how it is, and the two things to do with it. When it changed, everything is asked for again. */
export function useShop(cluster: string) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const options = trpc.demo.status.queryOptions({ cluster })
  const status = useQuery({
    ...options,
    refetchInterval: ({ state: { data } }) =>
      data?.state === 'opening' || data?.state === 'closing' ? CHANGING_MS : STEADY_MS,
  })
  const settled = { onSettled: () => queryClient.invalidateQueries({ queryKey: options.queryKey }) }
  const start = useMutation(trpc.demo.start.mutationOptions(settled))
  const stop = useMutation(trpc.demo.stop.mutationOptions(settled))
  const state = status.data?.state
  const before = useRef(state)
  useEffect(() => {
    if (before.current !== undefined && before.current !== state) void queryClient.invalidateQueries()
    before.current = state
  }, [state, queryClient])
  return { state, failure: status.data?.failure ?? null, error: start.error ?? stop.error, start, stop }
}
