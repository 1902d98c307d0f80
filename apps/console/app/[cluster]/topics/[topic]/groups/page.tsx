import { HydrationBoundary } from '@tanstack/react-query'
import { TopicGroups } from '../../../../../features/topics/detail/topic-groups.tsx'
import { nameOf } from '../../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../../server/trpc.ts'

export default async function TopicGroupsPage(props: { params: Promise<{ cluster: string; topic: string }> }) {
  const params = await props.params
  const input = { cluster: nameOf(params.cluster), topic: nameOf(params.topic) }
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.topics.groups.queryOptions(input))
  return (
    <HydrationBoundary state={state}>
      <TopicGroups {...input} />
    </HydrationBoundary>
  )
}
