import type { SimHost } from '@odradek/broker/src/host/sim/index.ts'
import {
  type Entry,
  type MetadataStore,
  StoreError,
  type Transaction,
  type TransactionResult,
  type Watch,
  type WatchHandlers,
} from '@odradek/broker/src/metadata/store.ts'
import type { StoreLife } from './store-life.ts'

/**
 * What one life of a broker has of the metadata store: requests and answers travel, get lost while the link is cut, and die
 * with the broker. Events of a watch keep their order, and come late after a cut.
 */
export class StoreLink implements MetadataStore {
  readonly #broker: SimHost
  readonly #store: StoreLife
  readonly #timeoutMs: number
  /** What this life holds its keys by. */
  #lease = ''
  #isCut = false
  #held: (() => void)[] = []
  /** Events on their way, in order. */
  readonly #coming: (() => void)[] = []
  #lastEventAt = 0

  /** A request waits for `timeoutMs` for an answer that does not come. */
  constructor(broker: SimHost, store: StoreLife, timeoutMs: number) {
    this.#broker = broker
    this.#store = store
    this.#timeoutMs = timeoutMs
  }

  /** Whether nothing passes. What is on the way is lost, but for events of watches: they come when it is whole again. */
  set isCut(isCut: boolean) {
    this.#isCut = isCut
    if (!isCut) for (const tell of this.#held.splice(0)) tell()
  }

  get(key: string): Promise<{ readonly revision: number; readonly entry: Entry | null }> {
    return this.#ask(({ store }) => store.get(key))
  }

  list(prefix: string): Promise<{ readonly revision: number; readonly entries: readonly Entry[] }> {
    return this.#ask(({ store }) => store.list(prefix))
  }

  transact(transaction: Transaction): Promise<TransactionResult> {
    return this.#ask((life) => life.transact(transaction, this.#lease))
  }

  async grantLease(ttlMs: number): Promise<string> {
    this.#lease = await this.#ask(({ store }) => store.grantLease(ttlMs))
    return this.#lease
  }

  keepAlive(lease: string): Promise<boolean> {
    return this.#ask(({ store }) => store.keepAlive(lease))
  }

  revoke(lease: string): Promise<void> {
    return this.#ask(({ store }) => store.revoke(lease))
  }

  watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Watch {
    let isClosed = false
    const tell = (run: () => void) => {
      this.#inOrder(() => {
        if (!isClosed) run()
      })
    }
    const watch = this.#store.watch(prefix, fromRevision, {
      events: (batches) => tell(() => handlers.events(batches)),
      compacted: (revision) => tell(() => handlers.compacted(revision)),
      ended: (error) => tell(() => handlers.ended(error)),
    })
    const close = () => {
      isClosed = true
      watch.close()
    }
    return { close }
  }

  async close(): Promise<void> {}

  #inOrder(run: () => void): void {
    if (!this.#broker.alive) return
    if (this.#isCut) {
      this.#held.push(() => this.#inOrder(run))
      return
    }
    const { world, timers } = this.#broker
    this.#lastEventAt = Math.max(this.#lastEventAt, world.time + this.#delay())
    // Times are rounded: whichever timer comes first takes the oldest.
    this.#coming.push(run)
    timers.after(this.#lastEventAt - world.time, () => this.#coming.shift()!())
  }

  #ask<T>(run: (store: StoreLife) => Promise<T>): Promise<T> {
    const { timers } = this.#broker
    return new Promise<T>((resolve, reject) => {
      let isOver = false
      const timeout = timers.after(this.#timeoutMs, () => {
        isOver = true
        reject(new StoreError('UNAVAILABLE', 'The store does not answer'))
      })
      const answer = (give: () => void) => {
        if (!this.#broker.alive || this.#isCut) return
        timers.after(this.#delay(), () => {
          if (isOver || this.#isCut) return
          timeout.cancel()
          give()
        })
      }
      if (this.#isCut) return
      if (!this.#store.isAlive) return
      this.#store.host.timers.after(this.#delay(), () => {
        if (this.#isCut) return
        run(this.#store).then(
          (value) => answer(() => resolve(value)),
          (error: Error) => answer(() => reject(error)),
        )
      })
    })
  }

  #delay(): number {
    const { random } = this.#broker.world
    return random.between(0.1, 1) + (random.chance(0.02) ? random.between(1, 60) : 0)
  }
}
