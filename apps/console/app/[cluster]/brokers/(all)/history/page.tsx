import { HydrationBoundary } from '@tanstack/react-query'
import type { SearchParams } from 'nuqs/server'
import { HistoryList } from '../../../../../features/replication/history-list.tsx'
import { historyQueryInput, loadHistoryQuery } from '../../../../../features/replication/history-query.ts'
import { nameOf } from '../../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../../server/trpc.ts'

interface Props {
  params: Promise<{ cluster: string }>
  searchParams: Promise<SearchParams>
}

export default async function HistoryPage({ params, searchParams }: Props) {
  const cluster = nameOf((await params).cluster)
  const input = historyQueryInput(cluster, await loadHistoryQuery(searchParams))
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.replication.history.queryOptions(input))
  return (
    <HydrationBoundary state={state}>
      <HistoryList cluster={cluster} />
    </HydrationBoundary>
  )
}
