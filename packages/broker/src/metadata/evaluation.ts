import type { Change } from './journal-frame.ts'
import {
  type Entry,
  type EventBatch,
  StoreError,
  type StoreEvent,
  type Transaction,
  type TransactionResult,
} from './store.ts'

/** One group's transactions, evaluated one after the other over the durable entries. */
export class Evaluation {
  readonly batches: EventBatch[] = []
  readonly #entries: ReadonlyMap<string, Entry>
  readonly #changed = new Map<string, Entry | null>()
  readonly #hasLease: (lease: string) => boolean
  #revision: number

  constructor(entries: ReadonlyMap<string, Entry>, revision: number, hasLease: (lease: string) => boolean) {
    this.#entries = entries
    this.#revision = revision
    this.#hasLease = hasLease
  }

  transact(transaction: Transaction): TransactionResult {
    const succeeded = transaction.compares.every(
      ({ key, target, revision }) => (this.#entry(key)?.[target] ?? 0) === revision,
    )
    const operations = (succeeded ? transaction.success : transaction.failure) ?? []
    const entries: (Entry | null)[] = []
    const changes: Change[] = []
    for (const operation of operations) {
      if (operation.kind === 'get') entries.push(this.#entry(operation.key) ?? null)
      else if (operation.kind === 'delete') changes.push(operation)
      else changes.push({ ...operation, lease: this.#checkLease(operation.lease ?? null) })
    }
    return { succeeded, revision: this.#change(changes), entries }
  }

  endLease(lease: string): number {
    const keys = new Set<string>()
    for (const entry of this.#entries.values()) if (entry.lease === lease) keys.add(entry.key)
    for (const entry of this.#changed.values()) if (entry?.lease === lease) keys.add(entry.key)
    const attached = [...keys].filter((key) => this.#entry(key)?.lease === lease)
    return this.#change(attached.map((key) => ({ kind: 'delete', key })))
  }

  #change(changes: readonly Change[]): number {
    const revision = this.#revision + 1
    const events: StoreEvent[] = []
    for (const change of changes) {
      const before = this.#entry(change.key)
      if (change.kind === 'put') {
        const entry = nextEntry(before, change, revision)
        this.#changed.set(change.key, entry)
        events.push({ kind: 'put', key: change.key, entry })
      } else if (before !== undefined) {
        this.#changed.set(change.key, null)
        events.push({ kind: 'delete', key: change.key })
      }
    }
    if (events.length === 0) return this.#revision
    this.#revision = revision
    this.batches.push({ revision, events })
    return revision
  }

  #entry(key: string): Entry | undefined {
    const changed = this.#changed.get(key)
    return changed === undefined ? this.#entries.get(key) : (changed ?? undefined)
  }

  #checkLease(lease: string | null): string | null {
    if (lease !== null && !this.#hasLease(lease)) {
      throw new StoreError('LEASE_NOT_FOUND', `Lease ${lease} has ended or was never granted`)
    }
    return lease
  }
}

/** The entry that a put makes at `revision` of the one that is there. */
export function nextEntry(before: Entry | undefined, change: Change & { kind: 'put' }, revision: number): Entry {
  return {
    key: change.key,
    value: change.value,
    createRevision: before?.createRevision ?? revision,
    modRevision: revision,
    version: (before?.version ?? 0) + 1,
    lease: change.lease,
  }
}
