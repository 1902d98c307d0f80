import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { DelayedList } from '../../../features/delayed/delayed-list.tsx'
import { nameOf } from '../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../server/trpc.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('frame'))('place.delayed') }
}

export default async function DelayedPage(props: { params: Promise<{ cluster: string }> }) {
  const cluster = nameOf((await props.params).cluster)
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.delayed.topics.queryOptions({ cluster }))
  return (
    <HydrationBoundary state={state}>
      <DelayedList cluster={cluster} />
    </HydrationBoundary>
  )
}
