/** What is watched: one row for each kind of rule, and a rule as it is kept. */
import { z } from 'zod'

export const alertKinds = ['lag', 'deadLetters', 'waiting', 'disk', 'leaderless'] as const
export type AlertKind = (typeof alertKinds)[number]

export interface AlertKindRow {
  /** What an alert of it is about. */
  readonly subject: 'group' | 'topic' | 'broker' | 'cluster'
  readonly unit: 'records' | 'percent' | 'partitions'
  /** From this value on it fires, unless the rule says otherwise. */
  readonly threshold: number
  readonly max: number
  /** Whether the value is what came within a window of time. */
  readonly isGrowth: boolean
}

export const alertKindTable: Readonly<Record<AlertKind, AlertKindRow>> = {
  lag: { subject: 'group', unit: 'records', threshold: 10_000, max: 1e15, isGrowth: false },
  deadLetters: { subject: 'topic', unit: 'records', threshold: 1, max: 1e15, isGrowth: true },
  waiting: { subject: 'topic', unit: 'records', threshold: 100_000, max: 1e15, isGrowth: false },
  disk: { subject: 'broker', unit: 'percent', threshold: 85, max: 100, isGrowth: false },
  leaderless: { subject: 'cluster', unit: 'partitions', threshold: 1, max: 1e9, isGrowth: false },
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

/** What a person decides. */
export const ruleFields = z.object({
  name: z.string().trim().min(1).max(200),
  kind: z.enum(alertKinds),
  /** A name with `*` for any characters; empty: all. */
  scope: z.string().max(500).default(''),
  threshold: z.number().positive().max(1e15),
  /** How long it must hold before it fires. */
  forMs: z.int().min(0).max(DAY_MS).default(0),
  /** Of growth: how far back is counted. */
  windowMs: z
    .int()
    .min(MINUTE_MS)
    .max(30 * DAY_MS)
    .default(60 * MINUTE_MS),
  isEnabled: z.boolean().default(true),
})
export type RuleFields = z.output<typeof ruleFields>

/** Where it is sent. The address and the secret are sealed: only what can be shown again is in the open. */
const keptWebhook = z.object({ shown: z.string(), isSigned: z.boolean(), sealed: z.string() })
export type KeptWebhook = z.infer<typeof keptWebhook>

export const alertRule = ruleFields.extend({
  id: z.uuid(),
  webhook: keptWebhook.nullable(),
  updatedAtMs: z.number(),
  updatedBy: z.string(),
})
export type AlertRule = z.output<typeof alertRule>

/** A rule as it is told: nothing sealed. */
export type ShownRule = Omit<AlertRule, 'webhook'> & {
  readonly webhook: Pick<KeptWebhook, 'shown' | 'isSigned'> | null
}

export function shownRule({ webhook, ...rule }: AlertRule): ShownRule {
  return { ...rule, webhook: webhook === null ? null : { shown: webhook.shown, isSigned: webhook.isSigned } }
}

/** Whether a name is one that a scope means. Linear in both: no expression of a user is run. */
export function isInScope(scope: string, name: string): boolean {
  if (scope === '') return true
  const parts = scope.split('*')
  const first = parts[0]!
  if (parts.length === 1) return name === scope
  const last = parts.at(-1)!
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length) return false
  let at = first.length
  const end = name.length - last.length
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, at)
    if (found < 0 || found + part.length > end) return false
    at = found + part.length
  }
  return true
}
