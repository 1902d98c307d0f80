import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import type { SearchParams } from 'nuqs/server'
import { loadDelayedQuery, timelineInput } from '../../../../features/delayed/delayed-query.ts'
import { DelayedTopic } from '../../../../features/delayed/delayed-topic.tsx'
import { nameOf } from '../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../server/trpc.ts'

interface Props {
  params: Promise<{ cluster: string; topic: string }>
  searchParams: Promise<SearchParams>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: nameOf((await params).topic) }
}

export default async function DelayedTopicPage({ params, searchParams }: Props) {
  const cluster = nameOf((await params).cluster)
  const topic = nameOf((await params).topic)
  const { trpc } = await serverTrpc()
  const query = await loadDelayedQuery(searchParams)
  const state = await prefetch(
    trpc.delayed.topics.queryOptions({ cluster }),
    trpc.delayed.timeline.queryOptions(timelineInput(cluster, topic, query)),
  )
  return (
    <HydrationBoundary state={state}>
      <DelayedTopic cluster={cluster} topic={topic} />
    </HydrationBoundary>
  )
}
