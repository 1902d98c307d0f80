import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import type { SearchParams } from 'nuqs/server'
import { DeadLetterList } from '../../../features/dead-letters/dead-letter-list.tsx'
import { deadLetterQueryInput, loadDeadLetterQuery } from '../../../features/dead-letters/dead-letter-query.ts'
import { nameOf } from '../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../server/trpc.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('frame'))('place.deadLetters') }
}

export default async function DeadLettersPage(props: {
  params: Promise<{ cluster: string }>
  searchParams: Promise<SearchParams>
}) {
  const cluster = nameOf((await props.params).cluster)
  const { trpc } = await serverTrpc()
  const query = await loadDeadLetterQuery(props.searchParams)
  const state = await prefetch(trpc.deadLetters.list.queryOptions(deadLetterQueryInput(cluster, query)))
  return (
    <HydrationBoundary state={state}>
      <DeadLetterList cluster={cluster} />
    </HydrationBoundary>
  )
}
