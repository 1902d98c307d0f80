import { GroupDiagnosis } from '../../../../../features/groups/detail/group-diagnosis.tsx'
import { nameOf } from '../../../../../lib/href.ts'

export default async function GroupDiagnosisPage(props: { params: Promise<{ cluster: string; group: string }> }) {
  const params = await props.params
  return <GroupDiagnosis cluster={nameOf(params.cluster)} group={nameOf(params.group)} />
}
