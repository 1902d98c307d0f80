/** What was changed on a cluster, by whom. */
import type { Visitor } from '../access/visitor.ts'

export interface AuditEvent {
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

const ENTRIES_MAX = 1000

export class AuditTrail {
  readonly #recent: AuditEvent[] = []

  record(event: AuditEvent): void {
    this.#recent.push(event)
    if (this.#recent.length > ENTRIES_MAX) this.#recent.shift()
  }

  get recent(): readonly AuditEvent[] {
    return this.#recent
  }
}
