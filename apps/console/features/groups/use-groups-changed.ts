'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTRPC } from '../../lib/trpc.tsx'

/** Asks again for everything about groups, after one was changed. */
export function useGroupsChanged() {
  const queryClient = useQueryClient()
  const trpc = useTRPC()
  return useCallback(async () => {
    await queryClient.invalidateQueries(trpc.groups.pathFilter())
  }, [queryClient, trpc])
}
