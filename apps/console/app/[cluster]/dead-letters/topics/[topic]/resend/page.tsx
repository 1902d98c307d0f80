import type { Metadata } from 'next'
import { ResendPage } from '../../../../../../features/jobs/resend-page.tsx'
import { nameOf } from '../../../../../../lib/href.ts'

interface Props {
  params: Promise<{ cluster: string; topic: string }>
}

export async function generateMetadata({ params }: Props): Promise<Metadata> {
  return { title: nameOf((await params).topic) }
}

export default async function ResendLettersPage(props: Props) {
  const params = await props.params
  return <ResendPage cluster={nameOf(params.cluster)} topic={nameOf(params.topic)} />
}
