import { RuleList } from '../../../../features/alerts/rule-list.tsx'
import { nameOf } from '../../../../lib/href.ts'

export default async function AlertRulesPage(props: { params: Promise<{ cluster: string }> }) {
  return <RuleList cluster={nameOf((await props.params).cluster)} />
}
