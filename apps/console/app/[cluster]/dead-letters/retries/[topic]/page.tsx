import type { Metadata } from 'next'
import { RetryRecords } from '../../../../../features/retries/retry-records.tsx'
import { nameOf } from '../../../../../lib/href.ts'

interface Props {
  params: Promise<{ cluster: string; topic: string }>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: nameOf((await params).topic) }
}

export default async function RetryTopicPage(props: Props) {
  const params = await props.params
  return <RetryRecords cluster={nameOf(params.cluster)} topic={nameOf(params.topic)} />
}
