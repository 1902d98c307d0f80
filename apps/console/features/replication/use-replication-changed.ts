'use client'
import { useQueryClient } from '@tanstack/react-query'
import { useTRPC } from '../../lib/trpc.tsx'

/** Asks again for all that shows replicas, after one of them was changed. */
export function useReplicationChanged(): () => Promise<void> {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  return async () => {
    await Promise.all([
      queryClient.invalidateQueries(trpc.replication.pathFilter()),
      queryClient.invalidateQueries(trpc.brokers.list.pathFilter()),
      queryClient.invalidateQueries(trpc.topics.partitions.pathFilter()),
    ])
  }
}
