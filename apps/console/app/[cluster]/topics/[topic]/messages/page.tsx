import { HydrationBoundary } from '@tanstack/react-query'
import type { SearchParams } from 'nuqs/server'
import { firstMessages } from '../../../../../features/messages/first-messages.ts'
import { MessageList } from '../../../../../features/messages/message-list.tsx'
import { boundsOf, isNewest, loadMessageQuery, placeOf } from '../../../../../features/messages/message-query.ts'
import { nameOf } from '../../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../../server/trpc.ts'

export default async function MessagesPage(props: {
  params: Promise<{ cluster: string; topic: string }>
  searchParams: Promise<SearchParams>
}) {
  const params = await props.params
  const cluster = nameOf(params.cluster)
  const topic = nameOf(params.topic)
  const query = await loadMessageQuery(props.searchParams)
  const { trpc } = await serverTrpc()
  const at = placeOf(query.at)
  const place = at && { cluster, topic, ...at, decoders: { key: query.key, value: query.value } }
  const [first, state] = await Promise.all([
    firstMessages(cluster, topic, query),
    prefetch(
      ...(query.live || isNewest(query) ? [] : [trpc.messages.estimate.queryOptions(boundsOf(cluster, topic, query))]),
      ...(place === null ? [] : [trpc.messages.get.queryOptions(place)]),
    ),
  ])
  return (
    <HydrationBoundary state={state}>
      <MessageList cluster={cluster} topic={topic} first={first} />
    </HydrationBoundary>
  )
}
