import { RecentDeletions } from '../../../../features/storage/recent-deletions.tsx'
import { nameOf } from '../../../../lib/href.ts'

export default async function RecentDeletionsPage(props: { params: Promise<{ cluster: string }> }) {
  return <RecentDeletions cluster={nameOf((await props.params).cluster)} />
}
