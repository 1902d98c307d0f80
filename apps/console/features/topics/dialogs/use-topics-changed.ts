'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTRPC } from '../../../lib/trpc.tsx'

/** Asks again for everything about topics, after one was changed. */
export function useTopicsChanged() {
  const queryClient = useQueryClient()
  const trpc = useTRPC()
  return useCallback(async () => {
    await Promise.all([
      queryClient.invalidateQueries(trpc.topics.pathFilter()),
      queryClient.invalidateQueries(trpc.overview.pathFilter()),
    ])
  }, [queryClient, trpc])
}
