'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTRPC } from '../../lib/trpc.tsx'

/** Asks again for what is shown of groups, after one was changed. Not for plans: the one that was applied stays beside its results. */
export function useGroupsChanged() {
  const queryClient = useQueryClient()
  const { groups } = useTRPC()
  return useCallback(async () => {
    const filters = [groups.list, groups.get, groups.diagnose, groups.lagSeries, groups.resets]
    await Promise.all(filters.map((procedure) => queryClient.invalidateQueries(procedure.pathFilter())))
  }, [queryClient, groups])
}
