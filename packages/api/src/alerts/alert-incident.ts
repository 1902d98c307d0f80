/**
 * What came of a rule for one subject: it fires, and later it is resolved. Pure.
 *
 *   value ≥ threshold ──for as long as the rule says──▶ firing ──value < threshold, or the rule is gone──▶ resolved
 *
 * What could not be measured changes nothing.
 */
import { z } from 'zod'
import { type AlertRule, alertKinds } from './alert-rule.ts'

const delivery = z.object({
  /** Stays the same however often it is tried: receivers can tell a repetition by it. */
  id: z.string(),
  about: z.enum(['firing', 'resolved']),
  state: z.enum(['waiting', 'sent', 'failed']),
  attempts: z.int(),
  /** When it is tried next; null: not any more. */
  nextAtMs: z.number().nullable(),
  /** What the last attempt came to: the answer's status, or why there was none. */
  status: z.int().nullable(),
  error: z.string().nullable(),
})
export type AlertDelivery = z.infer<typeof delivery>

export const alertIncident = z.object({
  id: z.string(),
  ruleId: z.string(),
  ruleName: z.string(),
  kind: z.enum(alertKinds),
  threshold: z.number(),
  subject: z.string(),
  state: z.enum(['firing', 'resolved']),
  /** Since when it held. */
  sinceMs: z.number(),
  firedAtMs: z.number(),
  resolvedAtMs: z.number().nullable(),
  /** value: it fell below; rule: the rule was changed or removed; subject: what it was about is gone. */
  resolvedBy: z.enum(['value', 'rule', 'subject']).nullable(),
  /** As it fired, the highest since, and the newest. */
  firedValue: z.number(),
  peakValue: z.number(),
  value: z.number(),
  deliveries: z.array(delivery),
})
export type AlertIncident = z.infer<typeof alertIncident>

/** Subject → its value now; those that are below their threshold may be left out only where `isComplete`. */
export interface Measured {
  readonly values: ReadonlyMap<string, number>
  /** Why it could not be measured, or not of all; null: it was. */
  readonly problem: string | null
}

/** Since when a rule's value has been at its threshold, by subject. In memory of whoever evaluates. */
export type PendingSince = Map<string, number>

/** A peak is written again when it has grown by this share: values change all the time. */
const GROWTH_SHARE = 0.1

export interface JudgeInput {
  readonly rule: AlertRule
  readonly measured: Measured
  /** Those of this rule that fire, by subject. */
  readonly open: ReadonlyMap<string, AlertIncident>
  /** Is changed. */
  readonly pending: PendingSince
  readonly nowMs: number
  newId(): string
}

/** The incidents that have changed, as they are to be written. */
export function judge({ rule, measured, open, pending, nowMs, newId }: JudgeInput): AlertIncident[] {
  const changed: AlertIncident[] = []
  const isMeasured = measured.problem === null
  if (!rule.isEnabled) {
    pending.clear()
    return [...open.values()].map((incident) => resolved(incident, incident.value, 'rule', nowMs, rule, newId))
  }
  for (const [subject, value] of measured.values) {
    const incident = open.get(subject)
    if (value < rule.threshold) {
      pending.delete(subject)
      if (incident !== undefined) changed.push(resolved(incident, value, 'value', nowMs, rule, newId))
      continue
    }
    if (incident !== undefined) {
      const peakValue = Math.max(incident.peakValue, value)
      const isWorth = peakValue > incident.peakValue * (1 + GROWTH_SHARE)
      if (isWorth) changed.push({ ...incident, value, peakValue })
      continue
    }
    const sinceMs = pending.get(subject) ?? nowMs
    if (nowMs - sinceMs < rule.forMs) {
      pending.set(subject, sinceMs)
      continue
    }
    pending.delete(subject)
    changed.push(fired(rule, subject, value, sinceMs, nowMs, newId))
  }
  if (!isMeasured) return changed
  for (const subject of pending.keys()) if (!measured.values.has(subject)) pending.delete(subject)
  for (const [subject, incident] of open) {
    if (!measured.values.has(subject)) changed.push(resolved(incident, 0, 'subject', nowMs, rule, newId))
  }
  return changed
}

function fired(
  rule: AlertRule,
  subject: string,
  value: number,
  sinceMs: number,
  nowMs: number,
  newId: () => string,
): AlertIncident {
  const { id: ruleId, name: ruleName, kind, threshold } = rule
  return {
    id: newId(),
    ruleId,
    ruleName,
    kind,
    threshold,
    subject,
    state: 'firing',
    sinceMs,
    firedAtMs: nowMs,
    resolvedAtMs: null,
    resolvedBy: null,
    firedValue: value,
    peakValue: value,
    value,
    deliveries: rule.webhook === null ? [] : [waiting('firing', nowMs, newId)],
  }
}

/** `rule` null: it is gone, and nobody is told. */
export function resolved(
  incident: AlertIncident,
  value: number,
  resolvedBy: NonNullable<AlertIncident['resolvedBy']>,
  nowMs: number,
  rule: AlertRule | null,
  newId: () => string,
): AlertIncident {
  // Of what was never told to fire nobody needs to hear that it does not.
  const isTold = incident.deliveries.some(({ about, state }) => about === 'firing' && state !== 'failed')
  const tells = rule !== null && rule.webhook !== null && isTold
  return {
    ...incident,
    value,
    state: 'resolved',
    resolvedAtMs: nowMs,
    resolvedBy,
    deliveries: tells ? [...incident.deliveries, waiting('resolved', nowMs, newId)] : incident.deliveries,
  }
}

function waiting(about: AlertDelivery['about'], nowMs: number, newId: () => string): AlertDelivery {
  return { id: newId(), about, state: 'waiting', attempts: 0, nextAtMs: nowMs, status: null, error: null }
}

/** Pauses between attempts. After the last there is no further one. */
const PAUSES_MS = [5_000, 30_000, 120_000, 600_000]
export const ATTEMPTS_MAX: number = PAUSES_MS.length + 1

/** What an attempt came to. */
export interface AttemptResult {
  readonly status: number | null
  readonly error: string | null
  /** Whether trying again can help. */
  readonly isFinal: boolean
}

/** The incident after an attempt at one of its deliveries. */
export function attempted(incident: AlertIncident, id: string, result: AttemptResult, nowMs: number): AlertIncident {
  const deliveries = incident.deliveries.map((each): AlertDelivery => {
    if (each.id !== id) return each
    const attempts = each.attempts + 1
    const { status, error, isFinal } = result
    if (error === null) return { ...each, state: 'sent', attempts, nextAtMs: null, status, error }
    const pauseMs = PAUSES_MS[attempts - 1]
    if (isFinal || pauseMs === undefined) return { ...each, state: 'failed', attempts, nextAtMs: null, status, error }
    return { ...each, attempts, nextAtMs: nowMs + pauseMs, status, error }
  })
  return { ...incident, deliveries }
}

/** The first delivery that is due; those of an incident are made in their order. */
export function dueDelivery({ deliveries }: AlertIncident, nowMs: number): AlertDelivery | null {
  const next = deliveries.find(({ state }) => state === 'waiting')
  return next !== undefined && next.nextAtMs !== null && next.nextAtMs <= nowMs ? next : null
}

/** Whether there is something left to do about it. */
export function isUnfinished({ state, deliveries }: AlertIncident): boolean {
  return state === 'firing' || deliveries.some((each) => each.state === 'waiting')
}
