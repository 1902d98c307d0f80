import { redirect } from 'next/navigation'
import { href, nameOf } from '../../../../lib/href.ts'

export default async function TopicPage({ params }: { params: Promise<{ cluster: string; topic: string }> }) {
  const { cluster, topic } = await params
  redirect(href.topic(nameOf(cluster), nameOf(topic)))
}
