import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import type { SearchParams } from 'nuqs/server'
import { GroupList } from '../../../features/groups/group-list.tsx'
import { groupQueryInput, loadGroupQuery } from '../../../features/groups/group-query.ts'
import { nameOf } from '../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../server/trpc.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('frame'))('place.groups') }
}

export default async function GroupsPage(props: {
  params: Promise<{ cluster: string }>
  searchParams: Promise<SearchParams>
}) {
  const cluster = nameOf((await props.params).cluster)
  const { trpc } = await serverTrpc()
  const query = await loadGroupQuery(props.searchParams)
  const state = await prefetch(trpc.groups.list.queryOptions(groupQueryInput(cluster, query)))
  return (
    <HydrationBoundary state={state}>
      <GroupList cluster={cluster} />
    </HydrationBoundary>
  )
}
