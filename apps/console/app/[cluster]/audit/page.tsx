import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { AuditList } from '../../../features/audit/audit-list.tsx'
import { nameOf } from '../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../server/trpc.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('frame'))('place.audit') }
}

export default async function AuditPage(props: { params: Promise<{ cluster: string }> }) {
  const cluster = nameOf((await props.params).cluster)
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.audit.status.queryOptions({ cluster }))
  return (
    <HydrationBoundary state={state}>
      <AuditList cluster={cluster} />
    </HydrationBoundary>
  )
}
