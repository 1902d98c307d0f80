import { HydrationBoundary } from '@tanstack/react-query'
import { TopicPartitions } from '../../../../../features/topics/detail/topic-partitions.tsx'
import { nameOf } from '../../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../../server/trpc.ts'

export default async function TopicPartitionsPage(props: { params: Promise<{ cluster: string; topic: string }> }) {
  const params = await props.params
  const input = { cluster: nameOf(params.cluster), topic: nameOf(params.topic) }
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.topics.partitions.queryOptions(input))
  return (
    <HydrationBoundary state={state}>
      <TopicPartitions {...input} />
    </HydrationBoundary>
  )
}
