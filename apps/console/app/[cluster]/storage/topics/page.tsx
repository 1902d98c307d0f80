import { HydrationBoundary } from '@tanstack/react-query'
import type { SearchParams } from 'nuqs/server'
import { forecastInput, loadForecastQuery } from '../../../../features/storage/forecast-query.ts'
import { TopicForecasts } from '../../../../features/storage/topic-forecasts.tsx'
import { nameOf } from '../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../server/trpc.ts'

export default async function TopicForecastsPage(props: {
  params: Promise<{ cluster: string }>
  searchParams: Promise<SearchParams>
}) {
  const cluster = nameOf((await props.params).cluster)
  const { trpc } = await serverTrpc()
  const query = await loadForecastQuery(props.searchParams)
  const state = await prefetch(trpc.storage.topics.queryOptions(forecastInput(cluster, query)))
  return (
    <HydrationBoundary state={state}>
      <TopicForecasts cluster={cluster} />
    </HydrationBoundary>
  )
}
