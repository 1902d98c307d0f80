import { Badge, type State } from '../../components/ui/badge.tsx'

const states: Readonly<Record<string, State>> = {
  PreparingRebalance: 'busy',
  CompletingRebalance: 'busy',
  Assigning: 'busy',
  Reconciling: 'busy',
  Empty: 'unknown',
  Dead: 'unknown',
}

/** A group's state in the protocol's own word; `Empty` is hatched, rebalancing is busy. */
export function GroupState({ state }: { state: string }) {
  return <Badge state={states[state] ?? 'good'}>{state === '' ? '—' : state}</Badge>
}
