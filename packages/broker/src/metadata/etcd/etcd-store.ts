/**
 * The metadata store of many machines: etcd 3.4 or later. Its revisions, leases and transactions are ours, so this only
 * translates. Watches are streams that are begun again, at the revision after the last one seen, whenever one ends.
 */
import type { Timer, Timers } from '../../host/clock.ts'
import {
  checkTransaction,
  type Entry,
  type EventBatch,
  type MetadataStore,
  type Operation,
  StoreError,
  type StoreEvent,
  type Transaction,
  type TransactionResult,
  type Watch,
  type WatchHandlers,
} from '../store.ts'
import type { EtcdAddress } from './etcd-address.ts'
import { EtcdHistory } from './etcd-history.ts'
import { EtcdHttp, type EtcdStream, type Json } from './etcd-http.ts'

const REWATCH_MS = 500
/** Entries of one answer of a list; topics are up to a megabyte each. */
const LIST_ENTRIES_MAX = 1000
/** Such a page may take its time: half of this where there is another member, which has the other half. */
const LIST_MS = 20_000

export interface EtcdStoreOptions {
  readonly address: EtcdAddress
  readonly timers: Timers
  /** How long a request may take, with all members tried. [3000] */
  readonly requestTimeoutMs?: number
}

export class EtcdStore implements MetadataStore {
  readonly #http: EtcdHttp
  readonly #timers: Timers
  readonly #namespace: string
  readonly #watches = new Set<EtcdWatch>()
  readonly #history: EtcdHistory
  readonly #pending = new Set<Promise<unknown>>()
  #isClosed = false

  constructor({ address, timers, requestTimeoutMs = 3000 }: EtcdStoreOptions) {
    this.#http = new EtcdHttp(address, requestTimeoutMs)
    this.#timers = timers
    this.#namespace = address.namespace
    this.#history = new EtcdHistory(this.#http.name, (error) => this.#endWatches(error))
  }

  async get(key: string): Promise<{ revision: number; entry: Entry | null }> {
    const answer = await this.#read({ key: this.#encode(key) })
    const [kv] = kvsOf(answer)
    return { revision: revisionOf(answer), entry: kv === undefined ? null : this.#entry(kv) }
  }

  async list(prefix: string): Promise<{ revision: number; entries: Entry[] }> {
    const { newest } = this.#history
    const entries: Entry[] = []
    let range = this.#range(prefix)
    let revision = 0
    for (;;) {
      const body = { ...range, limit: LIST_ENTRIES_MAX, ...(revision === 0 ? {} : { revision }) }
      const answer = await this.#read(body, LIST_MS)
      // All pages are of the first one's revision.
      revision ||= revisionOf(answer)
      const kvs = kvsOf(answer)
      for (const kv of kvs) entries.push(this.#entry(kv))
      if (answer.more !== true) break
      const after = Buffer.concat([Buffer.from(String(kvs.at(-1)!.key), 'base64'), Buffer.of(0)])
      range = { ...range, key: after.toString('base64') }
    }
    for (const entry of entries) this.#history.read(entry)
    if (newest?.key.startsWith(prefix))
      this.#history.listed(entries.find(({ key }) => key === newest.key) ?? null, newest)
    this.#checkHistory()
    // etcd sorts by bytes, we by code units.
    entries.sort((a, b) => (a.key < b.key ? -1 : 1))
    return { revision, entries }
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    this.#checkOpen()
    checkTransaction(transaction)
    const { compares, success, failure = [] } = transaction
    const body = {
      compare: compares.map(({ key, target, revision }) =>
        target === 'createRevision'
          ? { key: this.#encode(key), target: 'CREATE', create_revision: String(revision), result: 'EQUAL' }
          : { key: this.#encode(key), target: 'MOD', mod_revision: String(revision), result: 'EQUAL' },
      ),
      success: this.#operations(success),
      failure: this.#operations(failure),
    }
    const known = this.#history.revision
    const answer = await this.#call('/v3/kv/txn', body, false)
    this.#history.reached(revisionOf(answer), known)
    this.#checkHistory()
    const responses = (answer.responses ?? []) as Json[]
    const entries = responses.flatMap((response) => {
      const range = response.response_range as Json | undefined
      if (range === undefined) return []
      const [kv] = kvsOf(range)
      return [kv === undefined ? null : this.#entry(kv)]
    })
    return { succeeded: answer.succeeded === true, revision: revisionOf(answer), entries }
  }

  watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Watch {
    this.#checkOpen()
    const watch: EtcdWatch = new EtcdWatch({
      http: this.#http,
      timers: this.#timers,
      range: this.#range(prefix),
      fromRevision,
      handlers: {
        events: (batches) => handlers.events(batches),
        compacted: (revision) => {
          this.#watches.delete(watch)
          handlers.compacted(revision)
        },
        ended: (error) => handlers.ended(error),
      },
      entryOf: (kv) => this.#entry(kv),
      history: this.#history,
      verify: () => this.#verify(),
    })
    this.#watches.add(watch)
    return {
      close: () => {
        this.#watches.delete(watch)
        watch.close()
      },
    }
  }

  async grantLease(ttlMs: number): Promise<string> {
    const answer = await this.#call('/v3/lease/grant', { TTL: String(Math.ceil(ttlMs / 1000)) }, true)
    return String(answer.ID)
  }

  async keepAlive(lease: string): Promise<boolean> {
    const answer = await this.#call('/v3/lease/keepalive', { ID: lease }, true)
    const result = (answer.result ?? answer) as Json
    return Number(result.TTL ?? 0) > 0
  }

  async revoke(lease: string): Promise<void> {
    try {
      await this.#call('/v3/lease/revoke', { ID: lease }, true)
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'LEASE_NOT_FOUND')) throw error
    }
  }

  /** Forgets the history below `revision`, in the whole of this etcd. */
  async compact(revision: number): Promise<void> {
    await this.#call('/v3/kv/compaction', { revision: String(revision), physical: true }, true)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await Promise.allSettled(this.#pending)
    const watches = [...this.#watches]
    this.#watches.clear()
    for (const watch of watches) watch.end(null)
    this.#http.close()
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new StoreError('CLOSED', 'The metadata store is closed')
    this.#checkHistory()
  }

  #checkHistory(): void {
    if (this.#history.problem !== null) throw this.#history.problem
  }

  #endWatches(error: Error): void {
    const watches = [...this.#watches]
    this.#watches.clear()
    for (const watch of watches) watch.end(error)
  }

  /** Reads what is there now: never less than was known before, whichever member is asked. */
  async #read(range: Json, timeoutMs?: number): Promise<Json> {
    const known = this.#history.revision
    const answer = await this.#call('/v3/kv/range', range, true, timeoutMs)
    this.#history.reached(revisionOf(answer), known)
    this.#checkHistory()
    return answer
  }

  /** Makes sure that this is still the etcd of which the newest entry was read; rejects where it is not, or cannot be asked. */
  async #verify(): Promise<void> {
    const { newest } = this.#history
    try {
      const at = newest === null ? {} : { revision: String(newest.modRevision) }
      const answer = await this.#read({ key: this.#encode(newest?.key ?? '/'), ...at })
      const [kv] = kvsOf(answer)
      if (newest !== null) this.#history.remembered(kv === undefined ? null : this.#entry(kv), newest)
    } catch (error) {
      const { message } = error as Error
      if (newest !== null && /required revision is a future revision/.test(message)) this.#history.forgot(newest)
      // Nobody knows any more; what is there now may tell.
      else if (!/required revision has been compacted/.test(message)) throw error
    }
    this.#checkHistory()
  }

  async #call(path: string, body: Json, isRepeatable: boolean, timeoutMs?: number): Promise<Json> {
    this.#checkOpen()
    const call = this.#http.call(path, body, isRepeatable, timeoutMs)
    this.#pending.add(call)
    try {
      const answer = await call
      this.#history.answered((answer.result ?? answer) as Json)
      this.#checkHistory()
      return answer
    } finally {
      this.#pending.delete(call)
    }
  }

  /** Reads come first: they see what was there before the writes of their transaction. */
  #operations(operations: readonly Operation[]): Json[] {
    const reads = operations.filter(({ kind }) => kind === 'get')
    const writes = operations.filter(({ kind }) => kind !== 'get')
    return [...reads, ...writes].map((operation) => {
      const key = this.#encode(operation.key)
      if (operation.kind === 'get') return { request_range: { key } }
      if (operation.kind === 'delete') return { request_delete_range: { key } }
      const value = Buffer.from(operation.value).toString('base64')
      return { request_put: { key, value, lease: operation.lease ?? '0' } }
    })
  }

  #encode(key: string): string {
    return Buffer.from(this.#namespace + key).toString('base64')
  }

  /** All keys with the prefix: up to the first that is greater than all of them. */
  #range(prefix: string): { key: string; range_end: string } {
    const start = Buffer.from(this.#namespace + prefix)
    if (start.length === 0) return { key: 'AA==', range_end: 'AA==' }
    const end = Buffer.from(start)
    // UTF-8 has no byte 0xff, so that the last one can always be raised.
    end[end.length - 1]! += 1
    return { key: start.toString('base64'), range_end: end.toString('base64') }
  }

  #entry(kv: Json): Entry {
    const lease = String(kv.lease ?? '0')
    return {
      key: Buffer.from(String(kv.key), 'base64').toString().slice(this.#namespace.length),
      value: Buffer.from(String(kv.value ?? ''), 'base64').toString(),
      createRevision: Number(kv.create_revision),
      modRevision: Number(kv.mod_revision),
      version: Number(kv.version),
      lease: lease === '0' ? null : lease,
    }
  }
}

/** One watch, over as many streams as it takes. */
class EtcdWatch {
  readonly #options: {
    http: EtcdHttp
    timers: Timers
    range: Json
    handlers: WatchHandlers
    entryOf: (kv: Json) => Entry
    history: EtcdHistory
    verify: () => Promise<void>
  }
  #nextRevision: number
  #stream: EtcdStream | null = null
  #retry: Timer | null = null
  #isOver = false
  /** Events of an answer that comes in parts. */
  #parts: Json[] = []

  constructor(options: {
    http: EtcdHttp
    timers: Timers
    range: Json
    fromRevision: number
    handlers: WatchHandlers
    entryOf: (kv: Json) => Entry
    history: EtcdHistory
    verify: () => Promise<void>
  }) {
    this.#options = options
    this.#nextRevision = options.fromRevision
    this.#begin(true)
  }

  close(): void {
    this.#isOver = true
    this.#retry?.cancel()
    this.#stream?.close()
  }

  /** The store is closed, or is not to be used any more. */
  end(error: Error | null): void {
    this.close()
    this.#options.handlers.ended(error)
  }

  /** What comes after another stream had ended is held until it is certain that it goes on where that was. */
  #begin(isFirst = false): void {
    const { http, timers, range, verify } = this.#options
    this.#parts = []
    let held: Json[] | null = isFirst ? null : []
    const release = () => {
      const messages = held ?? []
      held = null
      for (const message of messages) this.#receive(message)
    }
    const body = { create_request: { ...range, start_revision: String(this.#nextRevision), fragment: true } }
    const stream: EtcdStream = http.stream(
      '/v3/watch',
      body,
      (message) => {
        const response = (message.result ?? message) as Json
        if (held === null) this.#receive(response)
        else if (held.push(response) === 1) verify().then(release, () => stream.leave())
      },
      () => {
        held = []
        this.#stream = null
        if (!this.#isOver) this.#retry = timers.after(REWATCH_MS, () => this.#begin())
      },
    )
    this.#stream = stream
  }

  #receive(response: Json): void {
    const { history } = this.#options
    if (this.#isOver) return
    history.answered(response)
    if (history.problem !== null) return
    if (response.canceled === true) {
      const compacted = Number(response.compact_revision ?? 0)
      // Without a revision it is for another reason (no leader, no permission): the stream ends, and is begun again.
      if (compacted === 0) {
        this.#stream?.leave()
        return
      }
      this.close()
      this.#options.handlers.compacted(compacted)
      return
    }
    this.#parts.push(...((response.events ?? []) as Json[]))
    if (response.fragment === true) return
    const batches = this.#batches(this.#parts)
    this.#parts = []
    if (batches.length === 0) return
    this.#nextRevision = batches.at(-1)!.revision + 1
    history.reached(this.#nextRevision - 1)
    for (const { events } of batches) for (const event of events) if (event.kind === 'put') history.read(event.entry)
    this.#options.handlers.events(batches)
  }

  #batches(events: readonly Json[]): EventBatch[] {
    const byRevision = Map.groupBy(events, (event) => Number((event.kv as Json).mod_revision))
    return [...byRevision]
      .filter(([revision]) => revision >= this.#nextRevision)
      .map(([revision, ofRevision]) => ({ revision, events: ofRevision.map((event) => this.#event(event)) }))
  }

  #event({ type, kv }: Json): StoreEvent {
    const entry = this.#options.entryOf(kv as Json)
    return type === 'DELETE' ? { kind: 'delete', key: entry.key } : { kind: 'put', key: entry.key, entry }
  }
}

function revisionOf(answer: Json): number {
  return Number((answer.header as Json | undefined)?.revision ?? 0)
}

function kvsOf(range: Json): Json[] {
  return (range.kvs ?? []) as Json[]
}
