import { HydrationBoundary } from '@tanstack/react-query'
import { BrokerList } from '../../../../features/brokers/broker-list.tsx'
import { nameOf } from '../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../server/trpc.ts'

export default async function BrokersPage(props: { params: Promise<{ cluster: string }> }) {
  const cluster = nameOf((await props.params).cluster)
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.brokers.list.queryOptions({ cluster }))
  return (
    <HydrationBoundary state={state}>
      <BrokerList cluster={cluster} />
    </HydrationBoundary>
  )
}
