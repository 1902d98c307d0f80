import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { ResendPage } from '../../../../../../features/jobs/resend-page.tsx'
import { nameOf } from '../../../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../../../server/trpc.ts'

interface Props {
  params: Promise<{ cluster: string; topic: string }>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: nameOf((await params).topic) }
}

export default async function ResendLettersPage({ params }: Props) {
  const cluster = nameOf((await params).cluster)
  const topic = nameOf((await params).topic)
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.deadLetters.get.queryOptions({ cluster, topic }))
  return (
    <HydrationBoundary state={state}>
      <ResendPage cluster={cluster} topic={topic} />
    </HydrationBoundary>
  )
}
