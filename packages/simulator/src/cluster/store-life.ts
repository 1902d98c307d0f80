/** The metadata store of a simulated cluster, on a machine that can be held up, killed and lose its power. */
import type { SimHost } from '@odradek/broker/src/host/sim/index.ts'
import { EmbeddedStore } from '@odradek/broker/src/metadata/embedded-store.ts'
import { MetadataImage } from '@odradek/broker/src/metadata/image.ts'
import { ImageDraft, loadImage } from '@odradek/broker/src/metadata/image-draft.ts'
import {
  brokerConfigsPrefix,
  controllerKey,
  groupConfigsPrefix,
  rootPrefix,
  topicsPrefix,
} from '@odradek/broker/src/metadata/keys.ts'
import type {
  Entry,
  EventBatch,
  Transaction,
  TransactionResult,
  Watch,
  WatchHandlers,
} from '@odradek/broker/src/metadata/store.ts'

/** A key that a lease keeps, from one revision to another. */
interface Holding {
  readonly key: string
  readonly lease: string
  readonly from: number
  until: number
}

interface Watched {
  readonly prefix: string
  readonly handlers: WatchHandlers
  nextRevision: number
  watch: Watch | null
}

export class StoreLife {
  host: SimHost
  store: EmbeddedStore
  readonly #fail: (problem: string) => void
  readonly #keptLeaseMs: number
  readonly #listeners: (() => void)[] = []
  #image = MetadataImage.empty
  readonly #watches = new Set<Watched>()
  readonly #holdings: Holding[] = []

  /**
   * `fail` hears of writes that nobody had the right to. Leases go on for `keptLeaseMs` where the store was away; those that
   * hold them are not asked before.
   */
  constructor(host: SimHost, keptLeaseMs: number, fail: (problem: string) => void) {
    this.host = host
    this.#keptLeaseMs = keptLeaseMs
    this.#fail = fail
    host.disk.makeDirectory('/store')
    this.store = this.#open()
    this.#followHoldings(1)
  }

  get isAlive(): boolean {
    return this.host.alive
  }

  /** What it says now. */
  get image(): MetadataImage {
    return this.#image
  }

  /** Calls `written` after each change. */
  onWritten(written: () => void): void {
    this.#listeners.push(written)
  }

  #tell(image: MetadataImage): void {
    this.#image = image
    for (const written of this.#listeners) written()
  }

  /** Kills its process, or its machine; it is back after `awayMs`, on what its disk kept. */
  crash(death: 'process' | 'power', awayMs: number): void {
    if (!this.host.alive) return
    for (const watched of this.#watches) watched.watch = null
    this.host.crash(death)
    this.host.world.schedule(awayMs, 'timer', 'the store is back', null, () => {
      this.host = this.host.reboot()
      this.store = this.#open()
      for (const watched of this.#watches) this.#begin(watched)
    })
  }

  /** A watch that goes on where it was when the store is back. */
  watch(prefix: string, fromRevision: number, handlers: WatchHandlers): Watch {
    const watched: Watched = { prefix, handlers, nextRevision: fromRevision, watch: null }
    this.#watches.add(watched)
    if (this.host.alive) this.#begin(watched)
    return {
      close: () => {
        this.#watches.delete(watched)
        if (this.host.alive) watched.watch?.close()
      },
    }
  }

  /** Does a transaction for the holder of `lease`. Metadata is written by who is registered, or controller, alone. */
  async transact(transaction: Transaction, lease: string): Promise<TransactionResult> {
    const { success, compares } = transaction
    const result = await this.store.transact(transaction)
    if (!result.succeeded || !success.some(({ kind, key }) => kind !== 'get' && isGuarded(key))) return result
    const { revision } = result
    const isHeld = (holding: Holding) => holding.lease === lease && holding.from < revision && revision < holding.until
    if (!this.#holdings.some(isHeld)) this.#fail(`revision ${revision} was written by a broker that was none any more`)
    const isControllers = compares.some(({ key }) => key === controllerKey)
    if (isControllers && !this.#holdings.some((holding) => isHeld(holding) && holding.key === controllerKey))
      this.#fail(`revision ${revision} was written by a controller that was none any more`)
    return result
  }

  #open(): EmbeddedStore {
    const { disk, clock, timers } = this.host
    return EmbeddedStore.open({ disk, clock, timers, directory: '/store', keptLeaseMs: this.#keptLeaseMs })
  }

  #begin(watched: Watched): void {
    watched.watch = this.store.watch(watched.prefix, watched.nextRevision, {
      events: (batches) => {
        watched.nextRevision = batches.at(-1)!.revision + 1
        watched.handlers.events(batches)
      },
      compacted: (revision) => {
        this.#watches.delete(watched)
        watched.handlers.compacted(revision)
      },
      ended: (error) => watched.handlers.ended(error),
    })
  }

  /** Notes who holds which key of a broker or of the controller. */
  #followHoldings(fromRevision: number): void {
    const events = (batches: readonly EventBatch[]) => {
      for (const { revision, events } of batches) {
        for (const event of events) {
          if (event.kind === 'delete') this.#ended(event.key, revision)
          else this.#began(event.entry)
        }
      }
      const draft = new ImageDraft(this.#image)
      draft.apply(batches, ({ message }) => this.#fail(message))
      this.#tell(draft.finish(batches.at(-1)!.revision).image)
    }
    // What it had told nobody when it died is listed.
    const compacted = () => {
      this.store.list(rootPrefix).then(({ revision, entries }) => {
        const present = new Set(entries.map(({ key }) => key))
        for (const { key, until } of this.#holdings)
          if (until === Number.POSITIVE_INFINITY && !present.has(key)) this.#ended(key, revision)
        for (const entry of entries) this.#began(entry)
        this.#tell(loadImage(revision, entries, this.#image).image)
        this.#followHoldings(revision + 1)
      }, ignored)
    }
    this.watch(rootPrefix, fromRevision, { events, compacted, ended: ignored })
  }

  #began({ key, lease, createRevision }: Entry): void {
    if (lease === null) return
    const last = this.#holdings.findLast((holding) => holding.key === key)
    if (last?.from === createRevision) return
    if (last !== undefined) last.until = Math.min(last.until, createRevision)
    this.#holdings.push({ key, lease, from: createRevision, until: Number.POSITIVE_INFINITY })
  }

  #ended(key: string, revision: number): void {
    const last = this.#holdings.findLast((holding) => holding.key === key)
    if (last !== undefined) last.until = Math.min(last.until, revision)
  }
}

function isGuarded(key: string): boolean {
  return key.startsWith(topicsPrefix) || key.startsWith(brokerConfigsPrefix) || key.startsWith(groupConfigsPrefix)
}

function ignored(): void {}
