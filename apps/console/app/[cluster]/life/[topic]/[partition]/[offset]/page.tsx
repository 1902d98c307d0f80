import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { MessageLife } from '../../../../../../features/life/message-life.tsx'
import { placeOf } from '../../../../../../features/messages/message-query.ts'
import { nameOf } from '../../../../../../lib/href.ts'

interface Props {
  params: Promise<{ cluster: string; topic: string; partition: string; offset: string }>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { topic, partition, offset } = await params
  return { title: `${nameOf(topic)}/${partition}@${offset}` }
}

export default async function LifePage({ params }: Props) {
  const { cluster, topic, partition, offset } = await params
  const at = placeOf(`${partition}@${offset}`)
  if (at === null) notFound()
  // Not asked for beforehand: it takes as long as it is worth, and the page can say so.
  return <MessageLife cluster={nameOf(cluster)} topic={nameOf(topic)} {...at} />
}
