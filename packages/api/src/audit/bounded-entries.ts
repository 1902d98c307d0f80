/** The newest of some entries: at most so many, and of at most so many bytes together. */
import type { AuditEntry } from './audit-entry.ts'

export class BoundedEntries {
  readonly #entriesMax: number
  readonly #bytesMax: number
  readonly #entries: { readonly entry: AuditEntry; readonly bytes: number }[] = []
  #bytes = 0

  constructor(entriesMax: number, bytesMax: number) {
    this.#entriesMax = entriesMax
    this.#bytesMax = bytesMax
  }

  get size(): number {
    return this.#entries.length
  }

  /** The oldest, or undefined. */
  get first(): AuditEntry | undefined {
    return this.#entries[0]?.entry
  }

  /** The newest, or undefined. */
  get last(): AuditEntry | undefined {
    return this.#entries.at(-1)?.entry
  }

  /** Oldest first. */
  get all(): AuditEntry[] {
    return this.#entries.map(({ entry }) => entry)
  }

  push(entry: AuditEntry, bytes: number): void {
    this.#entries.push({ entry, bytes })
    this.#bytes += bytes
    while (this.#entries.length > this.#entriesMax || (this.#bytes > this.#bytesMax && this.#entries.length > 1)) {
      this.shift()
    }
  }

  /** Takes the oldest out. */
  shift(): void {
    this.#bytes -= this.#entries.shift()?.bytes ?? 0
  }

  clear(): void {
    this.#entries.length = 0
    this.#bytes = 0
  }
}
