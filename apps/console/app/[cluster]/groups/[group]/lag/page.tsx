import { GroupLag } from '../../../../../features/groups/detail/group-lag.tsx'
import { nameOf } from '../../../../../lib/href.ts'

export default async function GroupLagPage(props: { params: Promise<{ cluster: string; group: string }> }) {
  const params = await props.params
  return <GroupLag cluster={nameOf(params.cluster)} group={nameOf(params.group)} />
}
