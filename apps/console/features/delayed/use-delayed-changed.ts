'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTRPC } from '../../lib/trpc.tsx'

/** What waits was changed here: every list and picture of it is asked for anew. */
export function useDelayedChanged(): () => Promise<void> {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  return useCallback(() => queryClient.invalidateQueries(trpc.delayed.pathFilter()), [trpc, queryClient])
}
