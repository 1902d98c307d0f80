import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import type { ReactNode } from 'react'
import { GroupFrame } from '../../../../features/groups/detail/group-frame.tsx'
import { nameOf } from '../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../server/trpc.ts'

interface Props {
  children: ReactNode
  params: Promise<{ cluster: string; group: string }>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: nameOf((await params).group) }
}

export default async function GroupLayout({ children, params }: Props) {
  const cluster = nameOf((await params).cluster)
  const group = nameOf((await params).group)
  const { trpc } = await serverTrpc()
  const state = await prefetch(
    trpc.groups.get.queryOptions({ cluster, group }),
    trpc.groups.lagSeries.queryOptions({ cluster, group }),
  )
  return (
    <HydrationBoundary state={state}>
      <GroupFrame cluster={cluster} group={group}>
        {children}
      </GroupFrame>
    </HydrationBoundary>
  )
}
