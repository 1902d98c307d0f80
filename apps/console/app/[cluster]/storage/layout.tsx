import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { getTranslations } from 'next-intl/server'
import type { ReactNode } from 'react'
import { StorageFrame } from '../../../features/storage/storage-frame.tsx'
import { nameOf } from '../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../server/trpc.ts'

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('frame'))('place.storage') }
}

export default async function StorageLayout(props: { children: ReactNode; params: Promise<{ cluster: string }> }) {
  const cluster = nameOf((await props.params).cluster)
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.storage.get.queryOptions({ cluster }))
  return (
    <HydrationBoundary state={state}>
      <StorageFrame cluster={cluster}>{props.children}</StorageFrame>
    </HydrationBoundary>
  )
}
