'use client'
import { type DataTag, useQueryClient } from '@tanstack/react-query'
import type { TRPCQueryKey } from '@trpc/tanstack-react-query'
import { useCallback } from 'react'
import { askAgain } from './ask-again.ts'

/**
 * Takes what a subscription brings for what a query has: `onData` of `useSubscription`. null, "it cannot be had at the moment", has the
 * query ask for itself, which is told why.
 * @param queryKey made by `trpc.x.y.queryKey(input)`
 */
export function useKept<Data, Failure>(queryKey: DataTag<TRPCQueryKey, Data, Failure>): (view: Data | null) => void {
  const queryClient = useQueryClient()
  const key = JSON.stringify(queryKey)
  return useCallback(
    (view) => {
      const keptKey = JSON.parse(key) as TRPCQueryKey
      if (view === null) void askAgain(queryClient, { queryKey: keptKey, exact: true })
      else queryClient.setQueryData(keptKey, view)
    },
    [queryClient, key],
  )
}
