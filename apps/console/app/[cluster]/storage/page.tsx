import { HydrationBoundary } from '@tanstack/react-query'
import { StorageDisks } from '../../../features/storage/storage-disks.tsx'
import { nameOf } from '../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../server/trpc.ts'

export default async function StoragePage(props: { params: Promise<{ cluster: string }> }) {
  const cluster = nameOf((await props.params).cluster)
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.storage.get.queryOptions({ cluster }))
  return (
    <HydrationBoundary state={state}>
      <StorageDisks cluster={cluster} />
    </HydrationBoundary>
  )
}
