import { HydrationBoundary } from '@tanstack/react-query'
import type { SearchParams } from 'nuqs/server'
import { PartitionList } from '../../../../../features/replication/partition-list.tsx'
import { loadPartitionQuery, partitionQueryInput } from '../../../../../features/replication/partition-query.ts'
import { nameOf } from '../../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../../server/trpc.ts'

interface Props {
  params: Promise<{ cluster: string }>
  searchParams: Promise<SearchParams>
}

export default async function PartitionsPage({ params, searchParams }: Props) {
  const cluster = nameOf((await params).cluster)
  const input = partitionQueryInput(cluster, await loadPartitionQuery(searchParams))
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.replication.partitions.queryOptions(input))
  return (
    <HydrationBoundary state={state}>
      <PartitionList cluster={cluster} />
    </HydrationBoundary>
  )
}
