import { HydrationBoundary } from '@tanstack/react-query'
import { RecentDeletions } from '../../../../features/storage/recent-deletions.tsx'
import { nameOf } from '../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../server/trpc.ts'

export default async function RecentDeletionsPage(props: { params: Promise<{ cluster: string }> }) {
  const cluster = nameOf((await props.params).cluster)
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.storage.get.queryOptions({ cluster }))
  return (
    <HydrationBoundary state={state}>
      <RecentDeletions cluster={cluster} />
    </HydrationBoundary>
  )
}
