import { HydrationBoundary } from '@tanstack/react-query'
import { AlertList } from '../../../features/alerts/alert-list.tsx'
import { nameOf } from '../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../server/trpc.ts'

export default async function AlertsPage(props: { params: Promise<{ cluster: string }> }) {
  const cluster = nameOf((await props.params).cluster)
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.alerts.get.queryOptions({ cluster }))
  return (
    <HydrationBoundary state={state}>
      <AlertList cluster={cluster} />
    </HydrationBoundary>
  )
}
