import { GroupMembers } from '../../../../../features/groups/detail/group-members.tsx'
import { nameOf } from '../../../../../lib/href.ts'

export default async function GroupMembersPage(props: { params: Promise<{ cluster: string; group: string }> }) {
  const params = await props.params
  return <GroupMembers cluster={nameOf(params.cluster)} group={nameOf(params.group)} />
}
