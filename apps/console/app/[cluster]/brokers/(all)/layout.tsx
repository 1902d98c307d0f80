import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import type { ReactNode } from 'react'
import { BrokersFrame } from '../../../../features/replication/brokers-frame.tsx'
import { nameOf } from '../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../server/trpc.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('frame'))('place.brokers') }
}

export default async function BrokersLayout(props: { children: ReactNode; params: Promise<{ cluster: string }> }) {
  const cluster = nameOf((await props.params).cluster)
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.replication.overview.queryOptions({ cluster }))
  return (
    <HydrationBoundary state={state}>
      <BrokersFrame cluster={cluster}>{props.children}</BrokersFrame>
    </HydrationBoundary>
  )
}
