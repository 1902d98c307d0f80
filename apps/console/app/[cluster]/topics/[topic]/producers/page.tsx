import { HydrationBoundary } from '@tanstack/react-query'
import { TopicProducers } from '../../../../../features/topics/detail/topic-producers.tsx'
import { nameOf } from '../../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../../server/trpc.ts'

export default async function TopicProducersPage(props: { params: Promise<{ cluster: string; topic: string }> }) {
  const params = await props.params
  const input = { cluster: nameOf(params.cluster), topic: nameOf(params.topic) }
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.topics.producers.queryOptions(input))
  return (
    <HydrationBoundary state={state}>
      <TopicProducers {...input} />
    </HydrationBoundary>
  )
}
