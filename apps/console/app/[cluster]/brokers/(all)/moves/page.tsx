import { MovesPage } from '../../../../../features/replication/moves-page.tsx'
import { nameOf } from '../../../../../lib/href.ts'

export default async function BrokersMovesPage(props: { params: Promise<{ cluster: string }> }) {
  return <MovesPage cluster={nameOf((await props.params).cluster)} />
}
