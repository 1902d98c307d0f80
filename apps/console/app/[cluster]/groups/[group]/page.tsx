import { redirect } from 'next/navigation'
import { href, nameOf } from '../../../../lib/href.ts'

export default async function GroupPage({ params }: { params: Promise<{ cluster: string; group: string }> }) {
  const { cluster, group } = await params
  redirect(href.group(nameOf(cluster), nameOf(group)))
}
