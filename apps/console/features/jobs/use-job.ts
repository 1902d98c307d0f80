'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTRPC, useTRPCClient } from '../../lib/trpc.tsx'
import { hasEnded, type Job } from './outputs.ts'

/** A job as it stands, told by the server whenever that changes; the connection comes back by itself. */
export function useJob(cluster: string, id: string) {
  const trpc = useTRPC()
  const client = useTRPCClient()
  const queries = useQueryClient()
  const options = trpc.jobs.get.queryOptions({ cluster, job: id })
  const query = useQuery(options)
  const [round, setRound] = useState(0)
  const isOver = query.data !== undefined && hasEnded(query.data)
  // Another round listens again, as after Retry.
  useEffect(() => {
    if (isOver) return
    const subscription = client.jobs.live.subscribe(
      { cluster, job: id },
      {
        onData: ({ data }) => queries.setQueryData(options.queryKey, data satisfies Job),
        onError: () => void query.refetch(),
      },
    )
    return () => subscription.unsubscribe()
  }, [client, cluster, id, isOver, round])
  return { ...query, listenAgain: () => setRound((n) => n + 1) }
}
