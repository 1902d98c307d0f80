import { ResetPage } from '../../../../../features/groups/reset/reset-page.tsx'
import { nameOf } from '../../../../../lib/href.ts'

export default async function GroupResetPage(props: { params: Promise<{ cluster: string; group: string }> }) {
  const params = await props.params
  return <ResetPage cluster={nameOf(params.cluster)} group={nameOf(params.group)} />
}
