import { AlertList } from '../../../features/alerts/alert-list.tsx'
import { nameOf } from '../../../lib/href.ts'

export default async function AlertsPage(props: { params: Promise<{ cluster: string }> }) {
  return <AlertList cluster={nameOf((await props.params).cluster)} />
}
