/** Rules, alerts and who evaluates them, as the topic of a cluster has them. What is written last under a key holds. */
import type { KeyedRecord } from '@odradek/client'
import { type AlertIncident, alertIncident } from './alert-incident.ts'
import { claimed, type Lease, released } from './alert-lease.ts'
import { type AlertRule, alertRule } from './alert-rule.ts'

export const RUNNER_KEY = 'runner'
export const ruleKey = (id: string): string => `rule/${id}`
export const incidentKey = (id: string): string => `incident/${id}`

export class AlertState {
  readonly rules = new Map<string, AlertRule>()
  readonly incidents = new Map<string, AlertIncident>()
  lease: Lease | null = null

  clear(): void {
    this.rules.clear()
    this.incidents.clear()
    this.lease = null
  }

  /** Applies a record. What somebody else wrote into the topic counts for nothing. */
  apply({ key, value, timestampMs }: KeyedRecord): void {
    const [kind, id] = key.split('/', 2)
    const parsed = value === null ? null : parse(value)
    if (key === RUNNER_KEY) {
      const { runner, name, isLeaving } = (parsed ?? {}) as Record<string, unknown>
      if (typeof runner !== 'string' || typeof name !== 'string') return
      this.lease =
        isLeaving === true ? released(this.lease, runner) : claimed(this.lease, { runner, name }, timestampMs)
    } else if (id !== undefined && kind === 'rule') keep(this.rules, id, value, alertRule.safeParse(parsed))
    else if (id !== undefined && kind === 'incident') keep(this.incidents, id, value, alertIncident.safeParse(parsed))
  }

  /** Alerts of a rule that fire, by subject. */
  openOf(ruleId: string): Map<string, AlertIncident> {
    const open = new Map<string, AlertIncident>()
    for (const incident of this.incidents.values()) {
      if (incident.ruleId === ruleId && incident.state === 'firing') open.set(incident.subject, incident)
    }
    return open
  }
}

function keep<T>(
  map: Map<string, T>,
  id: string,
  value: string | null,
  parsed: { readonly success: true; readonly data: T } | { readonly success: false },
): void {
  if (value === null) map.delete(id)
  else if (parsed.success) map.set(id, parsed.data)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
