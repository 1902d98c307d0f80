import type { AlertIncident } from './alert-incident.ts'

/** What a webhook is told of an alert, as JSON; docs/console.md has the format. */
export function webhookBody(
  incident: AlertIncident,
  id: string,
  event: 'firing' | 'resolved',
  cluster: { readonly id: string; readonly name: string },
): string {
  const { ruleId, ruleName, kind, threshold, subject, value, firedValue, sinceMs, firedAtMs, resolvedAtMs } = incident
  const isFiring = event === 'firing'
  const told = isFiring ? `is at ${firedValue}, the rule says ${threshold}` : `is at ${value}`
  return JSON.stringify({
    id,
    event,
    // What chat services show of a message.
    text: `${isFiring ? 'Firing' : 'Resolved'}: ${ruleName}: ${kind} of ${subject} ${told} (${cluster.name})`,
    cluster,
    alert: incident.id,
    rule: { id: ruleId, name: ruleName, kind, threshold },
    subject,
    value: isFiring ? firedValue : value,
    since: isoTime(sinceMs),
    firedAt: isoTime(firedAtMs),
    resolvedAt: isFiring || resolvedAtMs === null ? null : isoTime(resolvedAtMs),
  })
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
