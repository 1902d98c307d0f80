import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import type { SearchParams } from 'nuqs/server'
import { TopicList } from '../../../features/topics/topic-list.tsx'
import { loadTopicQuery, topicQueryInput } from '../../../features/topics/topic-query.ts'
import { nameOf } from '../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../server/trpc.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('frame'))('place.topics') }
}

export default async function TopicsPage(props: {
  params: Promise<{ cluster: string }>
  searchParams: Promise<SearchParams>
}) {
  const cluster = nameOf((await props.params).cluster)
  const { trpc } = await serverTrpc()
  const query = await loadTopicQuery(props.searchParams)
  const state = await prefetch(trpc.topics.list.queryOptions(topicQueryInput(cluster, query)))
  return (
    <HydrationBoundary state={state}>
      <TopicList cluster={cluster} />
    </HydrationBoundary>
  )
}
