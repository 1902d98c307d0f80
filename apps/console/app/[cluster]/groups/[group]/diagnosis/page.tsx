import { HydrationBoundary } from '@tanstack/react-query'
import { GroupDiagnosis } from '../../../../../features/groups/detail/group-diagnosis.tsx'
import { nameOf } from '../../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../../server/trpc.ts'

export default async function GroupDiagnosisPage(props: { params: Promise<{ cluster: string; group: string }> }) {
  const params = await props.params
  const input = { cluster: nameOf(params.cluster), group: nameOf(params.group) }
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.groups.diagnose.queryOptions(input))
  return (
    <HydrationBoundary state={state}>
      <GroupDiagnosis {...input} />
    </HydrationBoundary>
  )
}
