'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { useTRPC } from '../../lib/trpc.tsx'

/** Asks again for what lists and counts letters and retries, after something was done to some: no list shows what was before. */
export function useLettersChanged(): () => void {
  const queryClient = useQueryClient()
  const { deadLetters, retries } = useTRPC()
  return useCallback(() => {
    const { list, totals, series, get } = deadLetters
    for (const procedure of [list, totals, series, get, retries.list, retries.records]) {
      void queryClient.invalidateQueries(procedure.pathFilter())
    }
  }, [queryClient, deadLetters, retries])
}
