import { HydrationBoundary } from '@tanstack/react-query'
import { RuleList } from '../../../../features/alerts/rule-list.tsx'
import { nameOf } from '../../../../lib/href.ts'
import { prefetch, serverTrpc } from '../../../../server/trpc.ts'

export default async function AlertRulesPage(props: { params: Promise<{ cluster: string }> }) {
  const cluster = nameOf((await props.params).cluster)
  const { trpc } = await serverTrpc()
  const state = await prefetch(trpc.alerts.get.queryOptions({ cluster }))
  return (
    <HydrationBoundary state={state}>
      <RuleList cluster={cluster} />
    </HydrationBoundary>
  )
}
