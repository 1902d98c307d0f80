/** One change, as it is kept: who, what, before, after. */
import { z } from 'zod'
import { type Visitor, visitorText } from '../access/visitor.ts'

export interface AuditEvent {
  /** Made up if not given. */
  readonly id?: string
  readonly atMs: number
  readonly who: Visitor
  /** The path of the procedure. */
  readonly action: string
  readonly resource: string | null
  readonly input: unknown
  readonly before: unknown
  readonly after: unknown
  /** Set where it failed. */
  readonly error: string | null
}

export const auditEntry = z.object({
  id: z.string(),
  atMs: z.number(),
  who: z.string(),
  /** How they were let in: local, oidc, open. */
  kind: z.string(),
  action: z.string(),
  resource: z.string().nullable(),
  input: z.unknown(),
  before: z.unknown(),
  after: z.unknown(),
  error: z.string().nullable(),
})
export type AuditEntry = z.infer<typeof auditEntry>

/** Inputs whose words are payloads or secrets: whoever may read the audit need not be permitted to read those. */
const payloadFields: Readonly<Record<string, readonly string[]>> = {
  'messages.produce': ['key', 'value', 'headers'],
  'deadLetters.editAndResend': ['edit'],
  'alerts.save': ['webhook'],
  'alerts.test': ['url', 'secret'],
}

/** The input of a procedure as it may be kept: without its cluster, and with the length of payloads instead of their words. */
export function auditedInput(action: string, input: unknown): unknown {
  if (input === null || typeof input !== 'object') return input
  const { cluster: _, ...kept } = input as Record<string, unknown>
  for (const field of payloadFields[action] ?? []) {
    if (field in kept) kept[field] = `${Buffer.byteLength(JSON.stringify(kept[field]) ?? '')} bytes as JSON`
  }
  return kept
}

/** An entry is at most so long; images beyond are left out, and the entry says so. */
const ENTRY_BYTES_MAX = 4 * 1024 * 1024

export function entryOf(event: AuditEvent, id: string): AuditEntry {
  const { who, ...rest } = event
  const entry = { ...rest, id, who: visitorText(who), kind: who.kind }
  const bytes = Buffer.byteLength(JSON.stringify(entry))
  if (bytes <= ENTRY_BYTES_MAX) return entry
  const tooLong = `left out: the entry had ${bytes} bytes`
  return { ...entry, input: tooLong, before: tooLong, after: tooLong }
}
