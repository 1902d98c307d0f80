import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import { Overview } from '../../features/overview/overview.tsx'
import { nameOf } from '../../lib/href.ts'
import { prefetch, serverTrpc } from '../../server/trpc.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('frame'))('place.overview') }
}

export default async function OverviewPage({ params }: { params: Promise<{ cluster: string }> }) {
  const cluster = nameOf((await params).cluster)
  const { trpc } = await serverTrpc()
  const state = await prefetch(
    trpc.overview.get.queryOptions({ cluster }),
    trpc.overview.series.queryOptions({ cluster }),
    trpc.demo.status.queryOptions({ cluster }),
  )
  return (
    <HydrationBoundary state={state}>
      <Overview cluster={cluster} />
    </HydrationBoundary>
  )
}
