import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import type { ReactNode } from 'react'
import { TopicFrame } from '../../../../features/topics/detail/topic-frame.tsx'
import { nameOf } from '../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../server/trpc.ts'

interface Props {
  children: ReactNode
  params: Promise<{ cluster: string; topic: string }>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: nameOf((await params).topic) }
}

export default async function TopicLayout({ children, params }: Props) {
  const cluster = nameOf((await params).cluster)
  const topic = nameOf((await params).topic)
  const { trpc } = await serverTrpc()
  const state = await prefetch(
    trpc.topics.get.queryOptions({ cluster, topic }),
    trpc.topics.series.queryOptions({ cluster, topic }),
  )
  return (
    <HydrationBoundary state={state}>
      <TopicFrame cluster={cluster} topic={topic}>
        {children}
      </TopicFrame>
    </HydrationBoundary>
  )
}
