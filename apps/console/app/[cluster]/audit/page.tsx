import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import type { SearchParams } from 'nuqs/server'
import { AuditList } from '../../../features/audit/audit-list.tsx'
import { auditInput, loadAuditQuery } from '../../../features/audit/audit-query.ts'
import { nameOf } from '../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../server/trpc.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('frame'))('place.audit') }
}

export default async function AuditPage(props: {
  params: Promise<{ cluster: string }>
  searchParams: Promise<SearchParams>
}) {
  const cluster = nameOf((await props.params).cluster)
  const { trpc } = await serverTrpc()
  const input = auditInput(cluster, await loadAuditQuery(props.searchParams))
  const state = await prefetch(trpc.audit.status.queryOptions({ cluster }), trpc.audit.list.queryOptions(input))
  return (
    <HydrationBoundary state={state}>
      <AuditList cluster={cluster} />
    </HydrationBoundary>
  )
}
