import { HydrationBoundary } from '@tanstack/react-query'
import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { getTranslations } from 'next-intl/server'
import type { ReactNode } from 'react'
import { BrokerFrame } from '../../../../features/brokers/broker-frame.tsx'
import { brokerIdOf } from '../../../../features/brokers/broker-id.ts'
import { nameOf } from '../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../server/trpc.ts'

interface Props {
  children: ReactNode
  params: Promise<{ cluster: string; broker: string }>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: (await getTranslations('brokers'))('name', { id: nameOf((await params).broker) }) }
}

export default async function BrokerLayout({ children, params }: Props) {
  const { cluster: name, broker } = await params
  const cluster = nameOf(name)
  const nodeId = brokerIdOf(broker)
  if (nodeId === null) notFound()
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.brokers.get.queryOptions({ cluster, nodeId }))
  return (
    <HydrationBoundary state={state}>
      <BrokerFrame cluster={cluster} nodeId={nodeId}>
        {children}
      </BrokerFrame>
    </HydrationBoundary>
  )
}
