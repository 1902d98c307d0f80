/**
 * The metadata store of a single process: the whole state in memory, every change in a journal.
 *
 *   transact ──▶ queue ──▶ evaluate all that wait, one after the other ──▶ one frame, one sync ──▶ state ▸ watches ▸ answers
 *                            (over the durable state plus the changes of this group)
 *
 * Transactions that come in while a sync is under way form the next group. Reads see the state only, so nothing that a
 * crash could undo is ever read, watched or acknowledged.
 */
import type { Clock, Timer, Timers } from '../host/clock.ts'
import type { Disk } from '../host/disk.ts'
import { isNoRoom } from '../host/no-room.ts'
import { Evaluation, nextEntry } from './evaluation.ts'
import { EventHistory } from './event-history.ts'
import { Journal } from './journal.ts'
import { encodeChanges, encodeSnapshot, type Frame } from './journal-frame.ts'
import {
  checkTransaction,
  type Entry,
  type EventBatch,
  type MetadataStore,
  StoreError,
  type StoreEvent,
  type Transaction,
  type TransactionResult,
  type Watch,
  type WatchHandlers,
} from './store.ts'

export interface EmbeddedStoreOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly timers: Timers
  /** The store's own directory, `<data>/metadata`. */
  readonly directory: string
  /** Whether the store is known to have been written: then a missing or unreadable journal is refused. [false] */
  readonly isExpected?: boolean
  /** The journal is replaced by a snapshot when it is larger than this and than four times its last snapshot. [4 MiB] */
  readonly journalBytesMax?: number
  /** Revisions kept in memory for watches that begin in the past. [1000] */
  readonly historyRevisionsMax?: number
  /**
   * Where the store is served to other processes, leases outlive it: each that holds keys goes on for so long from the
   * opening. [they end with the process that held them, this one]
   */
  readonly keptLeaseMs?: number
}

/** A snapshot is due when the journal is so many times as large as the last one, however large that was. */
const SNAPSHOTS_PER_JOURNAL = 4

/** When the end of a lease is tried again that could not be written. */
const LEASE_RETRY_MS = 1000

interface Lease {
  readonly id: string
  readonly ttlMs: number
  /** By the monotonic clock. */
  deadline: number
  timer: Timer
  /** Whether its end is on its way to the journal: whoever renewed it now would count on what others are given. */
  isEnding: boolean
}

interface Pending {
  /** What is asked: a transaction, or the end of a lease. */
  readonly transaction: Transaction | null
  readonly endOfLease: string | null
  readonly resolve: (result: TransactionResult) => void
  readonly reject: (error: Error) => void
}

/** Single process, single event loop. The caller sees to it that the directory has one owner (the data directory's lock). */
export class EmbeddedStore implements MetadataStore {
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #journal: Journal
  readonly #journalBytesMax: number

  readonly #entries = new Map<string, Entry>()
  #revision = 0
  readonly #history: EventHistory
  /** The size of the journal at which the next snapshot replaces it. */
  #snapshotAtBytes: number

  readonly #leases = new Map<string, Lease>()
  #leasesGranted = 0
  #queue: Pending[] = []
  /** Set while a group is evaluated or synced. */
  #committing = false
  /** Changes found due at start that wait for the first frame. */
  #carried: EventBatch[] = []
  #error: StoreError | null = null
  #closing: (() => void) | null = null

  private constructor(options: EmbeddedStoreOptions) {
    this.#clock = options.clock
    this.#timers = options.timers
    this.#journalBytesMax = options.journalBytesMax ?? 4 * 1024 * 1024
    const { disk, directory, isExpected = false } = options
    this.#journal = Journal.open(disk, directory, isExpected, (frame) => this.#replay(frame))
    this.#snapshotAtBytes = this.#journalBytesMax
    if (options.keptLeaseMs === undefined) this.#dropLeasedKeys()
    else this.#keepLeases(options.keptLeaseMs)
    this.#history = new EventHistory(this.#revision + 1, options.historyRevisionsMax ?? 1000)
  }

  /**
   * Opens the store, reading its journal synchronously. A lease cannot outlive the process that holds it, and unless
   * `keptLeaseMs` says otherwise this store has one process: keys with a lease are gone at open.
   */
  static open(options: EmbeddedStoreOptions): EmbeddedStore {
    return new EmbeddedStore(options)
  }

  /** Bytes of the journal now. */
  get journalSizeInBytes(): number {
    return this.#journal.sizeInBytes
  }

  async get(key: string): Promise<{ revision: number; entry: Entry | null }> {
    this.#checkOpen()
    return { revision: this.#revision, entry: this.#entries.get(key) ?? null }
  }

  async list(prefix: string): Promise<{ revision: number; entries: Entry[] }> {
    this.#checkOpen()
    const entries: Entry[] = []
    for (const entry of this.#entries.values()) if (entry.key.startsWith(prefix)) entries.push(entry)
    entries.sort((a, b) => (a.key < b.key ? -1 : 1))
    return { revision: this.#revision, entries }
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    this.#checkOpen()
    checkTransaction(transaction)
    return await this.#enqueue(transaction, null)
  }

  watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Watch {
    this.#checkOpen()
    return this.#history.watch(prefix, fromRevision, handlers)
  }

  async grantLease(ttlMs: number): Promise<string> {
    this.#checkOpen()
    this.#leasesGranted += 1
    const id = String(this.#leasesGranted)
    this.#hold(id, ttlMs)
    return id
  }

  async keepAlive(lease: string): Promise<boolean> {
    this.#checkOpen()
    const held = this.#leases.get(lease)
    if (held === undefined || held.isEnding) return false
    held.deadline = this.#clock.monotonic() + held.ttlMs
    return true
  }

  async revoke(lease: string): Promise<void> {
    this.#checkOpen()
    await this.#enqueue(null, lease)
  }

  /** Forgets the history below `revision`; watches that ask for it are told `compacted`. */
  compact(revision: number): void {
    this.#history.forgetBefore(Math.min(revision, this.#revision + 1))
  }

  async close(): Promise<void> {
    if (this.#error === null && this.#committing) {
      await new Promise<void>((resolve) => {
        this.#closing = resolve
      })
    }
    if (this.#error !== null) return
    this.#end(new StoreError('CLOSED', 'The metadata store is closed'), null)
    this.#journal.close()
  }

  #checkOpen(): void {
    if (this.#error !== null) throw this.#error
  }

  #enqueue(transaction: Transaction | null, endOfLease: string | null): Promise<TransactionResult> {
    const ending = endOfLease === null ? undefined : this.#leases.get(endOfLease)
    if (ending !== undefined) ending.isEnding = true
    return new Promise((resolve, reject) => {
      this.#queue.push({ transaction, endOfLease, resolve, reject })
      if (this.#committing) return
      this.#committing = true
      // What is asked for in this same breath shares the sync.
      queueMicrotask(() => this.#commit())
    })
  }

  #commit(): void {
    const group = this.#queue.splice(0)
    const evaluation = new Evaluation(this.#entries, this.#revision, (lease) => this.#leases.has(lease))
    const answers = group.map((pending) => this.#evaluate(evaluation, pending))
    const { batches } = evaluation
    if (batches.length === 0) {
      this.#settle(answers)
      return
    }
    try {
      this.#journal.append(encodeChanges([...this.#carried, ...batches]), (error) => {
        if (error === null) this.#committed(batches, answers)
        else this.#fail(error, group)
      })
    } catch (error) {
      this.#refuse(group, error as Error)
    }
  }

  #refuse(group: readonly Pending[], cause: Error): void {
    const refusal = new StoreError('NOT_WRITTEN', `The metadata journal took no change: ${cause.message}`, cause)
    for (const { endOfLease } of group) {
      // Its keys are still there, and nobody but us will come back to delete them.
      if (endOfLease !== null) this.#timers.after(LEASE_RETRY_MS, () => this.#endLease(endOfLease))
    }
    this.#settle(group.map((pending) => () => pending.reject(refusal)))
  }

  /** Evaluates one of a group and returns how to answer it once the group is durable. */
  #evaluate(evaluation: Evaluation, pending: Pending): () => void {
    try {
      if (pending.transaction !== null) {
        const result = evaluation.transact(pending.transaction)
        return () => pending.resolve(result)
      }
      const lease = pending.endOfLease!
      this.#leases.get(lease)?.timer.cancel()
      this.#leases.delete(lease)
      const revision = evaluation.endLease(lease)
      return () => pending.resolve({ succeeded: true, revision, entries: [] })
    } catch (error) {
      return () => pending.reject(error as Error)
    }
  }

  #committed(batches: readonly EventBatch[], answers: readonly (() => void)[]): void {
    this.#carried = []
    try {
      this.#apply(batches)
    } finally {
      // What a watcher throws is its own affair: the group is durable all the same.
      this.#settle(answers)
    }
  }

  #settle(answers: readonly (() => void)[]): void {
    for (const answer of answers) answer()
    if (this.#journal.sizeInBytes > this.#snapshotAtBytes && !this.#writeSnapshot()) return
    this.#committing = this.#queue.length > 0
    if (this.#committing) queueMicrotask(() => this.#commit())
    else this.#closing?.()
  }

  /** False when that ended the store. */
  #writeSnapshot(): boolean {
    const frame = encodeSnapshot(this.#revision, this.#entries.values(), this.#entries.size)
    try {
      this.#journal.replace(frame)
    } catch (error) {
      if (!isNoRoom(error)) {
        this.#fail(error as Error, [])
        return false
      }
      // The journal is still the old one; it goes on growing, and the disk may have room by the next time.
    }
    this.#snapshotAtBytes = Math.max(this.#journalBytesMax, SNAPSHOTS_PER_JOURNAL * this.#journal.sizeInBytes)
    return true
  }

  #apply(batches: readonly EventBatch[]): void {
    for (const batch of batches) {
      this.#revision = batch.revision
      for (const event of batch.events) {
        if (event.kind === 'put') this.#entries.set(event.key, event.entry)
        else this.#entries.delete(event.key)
      }
    }
    this.#history.add(batches)
  }

  #hold(id: string, ttlMs: number): void {
    const timer = this.#timers.after(ttlMs, () => this.#leaseTimeUp(id))
    this.#leases.set(id, { id, ttlMs, deadline: this.#clock.monotonic() + ttlMs, timer, isEnding: false })
  }

  /** Leases that hold nothing are forgotten. Ids go on from the time of day, so that none is ever granted again. */
  #keepLeases(ttlMs: number): void {
    this.#leasesGranted = this.#clock.now()
    for (const { lease } of this.#entries.values()) {
      if (lease === null || this.#leases.has(lease)) continue
      this.#hold(lease, ttlMs)
      this.#leasesGranted = Math.max(this.#leasesGranted, Number(lease))
    }
  }

  #leaseTimeUp(id: string): void {
    const lease = this.#leases.get(id)
    if (lease === undefined || this.#error !== null) return
    const remainingMs = lease.deadline - this.#clock.monotonic()
    if (remainingMs > 0) lease.timer = this.#timers.after(remainingMs, () => this.#leaseTimeUp(id))
    else this.#endLease(id)
  }

  #endLease(id: string): void {
    if (this.#error === null) this.#enqueue(null, id).catch(() => {})
  }

  #replay(frame: Frame): void {
    if (frame.kind === 'snapshot') {
      this.#revision = frame.revision
      for (const entry of frame.entries) this.#entries.set(entry.key, entry)
      return
    }
    for (const { revision, changes } of frame.batches) {
      this.#revision = revision
      for (const change of changes) {
        if (change.kind === 'put')
          this.#entries.set(change.key, nextEntry(this.#entries.get(change.key), change, revision))
        else this.#entries.delete(change.key)
      }
    }
  }

  /** Not synced by itself: it is found due again by every open until a later frame carries it. */
  #dropLeasedKeys(): void {
    const events: StoreEvent[] = []
    for (const entry of this.#entries.values())
      if (entry.lease !== null) events.push({ kind: 'delete', key: entry.key })
    if (events.length === 0) return
    this.#revision += 1
    for (const event of events) this.#entries.delete(event.key)
    this.#carried.push({ revision: this.#revision, events })
  }

  #fail(cause: Error, group: readonly Pending[]): void {
    const error = new StoreError('FAILED', `The metadata journal cannot be written: ${cause.message}`, cause)
    const waiting = [...group, ...this.#queue.splice(0)]
    try {
      this.#journal.close()
    } catch {
      // The error that matters is the first one.
    }
    this.#end(error, error)
    for (const pending of waiting) pending.reject(error)
    this.#closing?.()
  }

  #end(error: StoreError, reason: Error | null): void {
    this.#error = error
    for (const lease of this.#leases.values()) lease.timer.cancel()
    this.#leases.clear()
    this.#history.end(reason)
  }
}
