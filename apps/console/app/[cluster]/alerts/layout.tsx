import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import type { ReactNode } from 'react'
import { AlertsFrame } from '../../../features/alerts/alerts-frame.tsx'
import { nameOf } from '../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../server/trpc.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('frame'))('place.alerts') }
}

export default async function AlertsLayout(props: { children: ReactNode; params: Promise<{ cluster: string }> }) {
  const cluster = nameOf((await props.params).cluster)
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.alerts.get.queryOptions({ cluster }))
  return (
    <HydrationBoundary state={state}>
      <AlertsFrame cluster={cluster}>{props.children}</AlertsFrame>
    </HydrationBoundary>
  )
}
