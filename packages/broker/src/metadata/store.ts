/**
 * Where the cluster's metadata lives: a small key-value store shaped after etcd v3, so that etcd can stand behind it.
 *
 * The store has one **revision**, a number that rises by one with every transaction that changes something. Each entry
 * remembers the revision that created it and the one that changed it last; transactions compare those numbers, which
 * makes "first come" elections and compare-and-set updates. A watch tells what changed, revision by revision.
 *
 * What is read, watched or acknowledged is durable; nothing of it is undone by a crash.
 */

/** One key with its value and history numbers. Entries are never modified: a change makes a new one. */
export interface Entry {
  readonly key: string
  readonly value: string
  /** The revision that made the key after it was last absent. */
  readonly createRevision: number
  /** The revision that changed it last. */
  readonly modRevision: number
  /** How often it was written since it was made; 1 at first. */
  readonly version: number
  /** The lease that deletes the key when it ends, or null. */
  readonly lease: string | null
}

/** True when the entry's number equals `revision`; an absent key has 0 for both numbers. */
export interface Compare {
  readonly key: string
  readonly target: 'createRevision' | 'modRevision'
  readonly revision: number
}

export type Operation =
  /** Writes a key; without `lease` the key is detached from the one it had. */
  | { readonly kind: 'put'; readonly key: string; readonly value: string; readonly lease?: string | null }
  /** Deletes a key; an absent one is no error and no change. */
  | { readonly kind: 'delete'; readonly key: string }
  /** Reads a key as it is before this transaction's writes. */
  | { readonly kind: 'get'; readonly key: string }

export interface Transaction {
  /** All must hold for `success` to be done; else `failure` is. */
  readonly compares: readonly Compare[]
  readonly success: readonly Operation[]
  readonly failure?: readonly Operation[]
}

export interface TransactionResult {
  readonly succeeded: boolean
  /** The store's revision after the transaction: the one it made if it changed something. */
  readonly revision: number
  /** What the `get` operations of the branch that was done found, in their order. */
  readonly entries: readonly (Entry | null)[]
}

export type StoreEvent =
  | { readonly kind: 'put'; readonly key: string; readonly entry: Entry }
  | { readonly kind: 'delete'; readonly key: string }

/** All events of one revision under the watched prefix. */
export interface EventBatch {
  readonly revision: number
  readonly events: readonly StoreEvent[]
}

export interface WatchHandlers {
  /** What changed: ascending revisions, each whole and once. Never called before `watch` has returned. */
  events(batches: readonly EventBatch[]): void
  /**
   * The history from the asked revision on is gone; it begins at `revision`. The watch has ended: list again and watch
   * from the listed revision + 1.
   */
  compacted(revision: number): void
  /** The store can be watched no more (closed or failed). The watch has ended. */
  ended(error: Error | null): void
}

export interface Watch {
  close(): void
}

export interface MetadataStore {
  get(key: string): Promise<{ readonly revision: number; readonly entry: Entry | null }>
  /** Entries whose keys begin with `prefix`, ascending by key (code units), as they are at `revision`. */
  list(prefix: string): Promise<{ readonly revision: number; readonly entries: readonly Entry[] }>
  /** Atomic. Rejects with a StoreError when it breaks a limit or names a lease that is gone, and on I/O errors. */
  transact(transaction: Transaction): Promise<TransactionResult>
  /** Tells all changes under `prefix` made at `fromRevision` and later. */
  watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Watch
  /** A new lease. Implementations may round the time up (etcd: to whole seconds). */
  grantLease(ttlMs: number): Promise<string>
  /** Starts the lease's time anew; false when it has ended. */
  keepAlive(lease: string): Promise<boolean>
  /** Ends the lease and deletes its keys in one revision. A lease that is gone is no error. */
  revoke(lease: string): Promise<void>
  /** Waits for what is under way, then ends all watches. Leases stay until their time is up, where the store outlives us. */
  close(): Promise<void>
}

/** etcd's `--max-txn-ops`: for compares, success and failure each. */
export const transactionOperationsMax = 128
/** etcd's `--max-request-bytes`; counted here over keys and values of one transaction. */
export const transactionBytesMax = 1_572_864

export type StoreErrorCode =
  | 'TOO_MANY_OPERATIONS'
  | 'TOO_LARGE'
  | 'DUPLICATE_KEY'
  | 'LEASE_NOT_FOUND'
  | 'NOT_WRITTEN'
  | 'UNAVAILABLE'
  | 'CLOSED'
  | 'FAILED'

/**
 * A request the store refuses. NOT_WRITTEN: nothing was stored this time (a full disk). UNAVAILABLE: a store elsewhere did
 * not answer; whether it was stored is unknown, and it may be tried again. FAILED: whether it was stored is unknown, and
 * this store does nothing any more.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

/**
 * The store is not the one that was read from before, but one that went on from an older state of it. It stays UNAVAILABLE: nothing
 * of it fits what is known.
 */
export class StorePartedError extends StoreError {
  constructor(message: string) {
    super('UNAVAILABLE', message)
  }
}

/** Refuses what etcd would refuse, so that no implementation is more lenient than another. */
export function checkTransaction(transaction: Transaction): void {
  const { compares, success, failure = [] } = transaction
  const most = Math.max(compares.length, success.length, failure.length)
  if (most > transactionOperationsMax) {
    const text = `A transaction has at most ${transactionOperationsMax} operations, this one has ${most}`
    throw new StoreError('TOO_MANY_OPERATIONS', text)
  }
  let bytes = 0
  for (const compare of compares) bytes += compare.key.length
  for (const branch of [success, failure]) {
    const written = new Set<string>()
    for (const operation of branch) {
      bytes += Buffer.byteLength(operation.key)
      if (operation.kind === 'put') bytes += Buffer.byteLength(operation.value)
      if (operation.kind === 'get') continue
      if (written.has(operation.key)) {
        throw new StoreError('DUPLICATE_KEY', `A transaction writes a key once, not twice: ${operation.key}`)
      }
      written.add(operation.key)
    }
  }
  if (bytes > transactionBytesMax) {
    const text = `A transaction has at most ${transactionBytesMax} bytes of keys and values, this one has ${bytes}`
    throw new StoreError('TOO_LARGE', text)
  }
}
