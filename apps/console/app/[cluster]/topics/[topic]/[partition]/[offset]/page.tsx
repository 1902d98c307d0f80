import { HydrationBoundary } from '@tanstack/react-query'
import { notFound } from 'next/navigation'
import { MessagePage } from '../../../../../../features/messages/message-page.tsx'
import { placeOf } from '../../../../../../features/messages/message-query.ts'
import { nameOf } from '../../../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../../../server/trpc.ts'

export default async function RecordPage(props: {
  params: Promise<{ cluster: string; topic: string; partition: string; offset: string }>
}) {
  const params = await props.params
  const at = placeOf(`${params.partition}@${params.offset}`)
  if (at === null) notFound()
  const place = { cluster: nameOf(params.cluster), topic: nameOf(params.topic), ...at }
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.messages.get.queryOptions({ ...place, decoders: { key: 'auto', value: 'auto' } }))
  return (
    <HydrationBoundary state={state}>
      <MessagePage place={place} />
    </HydrationBoundary>
  )
}
