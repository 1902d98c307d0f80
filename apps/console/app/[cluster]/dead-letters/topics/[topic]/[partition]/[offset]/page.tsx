import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import { LetterPage } from '../../../../../../../features/dead-letters/letter-page.tsx'
import { placeOf } from '../../../../../../../features/messages/message-query.ts'
import { nameOf } from '../../../../../../../lib/href.ts'

interface Props {
  params: Promise<{ cluster: string; topic: string; partition: string; offset: string }>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  const { topic, partition, offset } = await params
  return { title: `${nameOf(topic)}/${partition}@${offset}` }
}

export default async function OneLetterPage(props: Props) {
  const params = await props.params
  const at = placeOf(`${params.partition}@${params.offset}`)
  if (at === null) notFound()
  return <LetterPage place={{ cluster: nameOf(params.cluster), topic: nameOf(params.topic), ...at }} />
}
