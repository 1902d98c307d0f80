import type { Logger } from 'pino'
import type { Timer, Timers } from '../host/clock.ts'
import { MetadataImage } from './image.ts'
import type { ImageChange } from './image-change.ts'
import { ImageDraft, loadImage } from './image-draft.ts'
import { rootPrefix } from './keys.ts'
import { type Entry, type EventBatch, type MetadataStore, StorePartedError, type Watch } from './store.ts'

export type ImageListener = (image: MetadataImage, previous: MetadataImage, change: ImageChange) => void

/** How long after a list that failed the next one is tried. */
const RETRY_MS = 500

export interface ImageFollowerOptions {
  readonly store: MetadataStore
  readonly logger: Logger
  readonly timers: Timers
  /** How often the store is listed anew, for watches that lose events [never: this store's loses none]. */
  readonly relistIntervalMs?: number
}

/**
 * Keeps an image of the store: lists once, then follows the watch; lists again where the watch has a gap, and tries until
 * it can.
 */
export class ImageFollower {
  readonly #store: MetadataStore
  readonly #logger: Logger
  readonly #timers: Timers
  readonly #relistIntervalMs: number | null
  #timer: Timer | null = null
  readonly #listeners = new Set<ImageListener>()
  #waits: { revision: number; resolve: () => void; reject: (error: Error) => void }[] = []
  #image = MetadataImage.empty
  #watch: Watch | null = null
  #hasGoneBack = false
  #ended: Error | null = null

  private constructor(options: ImageFollowerOptions) {
    this.#store = options.store
    this.#logger = options.logger
    this.#timers = options.timers
    this.#relistIntervalMs = options.relistIntervalMs ?? null
  }

  static async open(options: ImageFollowerOptions): Promise<ImageFollower> {
    const follower = new ImageFollower(options)
    await follower.refresh()
    follower.#follow()
    follower.#relistLater()
    return follower
  }

  get image(): MetadataImage {
    return this.#image
  }

  /** Calls `listener` after each change, in order; returns how to stop. It must not throw. */
  onChange(listener: ImageListener): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** Waits until the image contains the changes of `revision`, which must have changed something in it. */
  reached(revision: number): Promise<void> {
    if (this.#image.revision >= revision) return Promise.resolve()
    if (this.#ended !== null) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      this.#waits.push({ revision, resolve, reject })
    })
  }

  /** Reads the store anew: after it refused what the image said, or after a gap in the watch. */
  async refresh(): Promise<void> {
    const { revision, entries } = await this.#list()
    if (revision <= this.#image.revision) return
    const { image, change } = loadImage(revision, entries, this.#image)
    this.#replace(image, change)
  }

  /**
   * Compares the whole store with the image. A watch that lost an event goes on with the next, so that the revisions say
   * nothing: whatever differs is taken over, and the watch is begun anew.
   */
  async relist(): Promise<void> {
    const { revision, entries } = await this.#list()
    // What the watch told meanwhile is newer than the list.
    if (this.#ended !== null || revision < this.#image.revision) return
    const before = this.#image
    const { image, change } = loadImage(revision, entries, before)
    if (isNothing(change, before, image)) return
    this.#logger.warn({ revision }, 'The watch of the metadata store had lost a change: it is begun anew')
    this.#watch?.close()
    this.#replace(image, change)
    this.#follow()
  }

  close(): void {
    this.#timer?.cancel()
    this.#watch?.close()
    this.#end(new Error('The metadata is closed'))
  }

  /**
   * A store never goes back, but for one that was given an older state again (a snapshot of etcd). Nothing is taken over from
   * that: its epochs are lower than those that logs have by now.
   */
  async #list(): Promise<{ readonly revision: number; readonly entries: readonly Entry[] }> {
    const { revision: known } = this.#image
    const listed = await this.#store.list(rootPrefix)
    const { revision } = listed
    if (revision >= known) this.#hasGoneBack = false
    else if (!this.#hasGoneBack) {
      this.#hasGoneBack = true
      const text =
        'The metadata store is older than what was read from it before: was a snapshot restored? This broker serves on by what it knows and can change nothing. Stop all brokers, then start them again'
      this.#logger.error({ revision, known }, text)
    }
    return listed
  }

  #follow(): void {
    this.#watch = this.#store.watch(rootPrefix, this.#image.revision + 1, {
      events: (batches) => this.#apply(batches),
      compacted: () => this.#refreshAndFollow(),
      ended: (error) => {
        if (error === null) this.#end(new Error('The metadata store is closed'))
        else this.#lost(error)
      },
    })
  }

  #refreshAndFollow(): void {
    if (this.#ended !== null) return
    this.refresh().then(
      () => {
        if (this.#ended === null) this.#follow()
      },
      (error: Error) => {
        if (error instanceof StorePartedError) {
          this.#lost(error)
          return
        }
        this.#logger.debug({ err: error }, 'The metadata could not be listed; it is tried again')
        this.#timers.after(RETRY_MS, () => this.#refreshAndFollow())
      },
    )
  }

  #relistLater(): void {
    if (this.#relistIntervalMs === null) return
    this.#timer = this.#timers.after(this.#relistIntervalMs, () => {
      this.relist()
        .catch((error: Error) => this.#logger.debug({ err: error }, 'The metadata could not be listed'))
        .finally(() => {
          if (this.#ended === null) this.#relistLater()
        })
    })
  }

  #apply(batches: readonly EventBatch[]): void {
    // After a refresh the watch repeats what is known already.
    const news = batches.filter((batch) => batch.revision > this.#image.revision)
    const last = news.at(-1)
    if (last === undefined) return
    const draft = new ImageDraft(this.#image)
    draft.apply(news, (error) =>
      this.#logger.error({ key: error.key, err: error }, 'Metadata that cannot be read is left out'),
    )
    const { image, change } = draft.finish(last.revision)
    this.#replace(image, change)
  }

  #replace(image: MetadataImage, change: ImageChange): void {
    const previous = this.#image
    this.#image = image
    for (const listener of this.#listeners) {
      try {
        listener(image, previous, change)
      } catch (error) {
        this.#logger.error(
          { err: error, revision: image.revision },
          'A part of the broker failed to follow the metadata',
        )
      }
    }
    const waits = this.#waits
    this.#waits = waits.filter((wait) => wait.revision > image.revision)
    for (const wait of waits) if (wait.revision <= image.revision) wait.resolve()
  }

  /** What is known stays, and nothing is taken over any more. */
  #lost(error: Error): void {
    if (this.#ended !== null) return
    this.#logger.error({ err: error }, `The metadata is followed no more: ${error.message}`)
    this.#end(error)
  }

  #end(error: Error): void {
    this.#ended ??= error
    for (const wait of this.#waits.splice(0)) wait.reject(error)
  }
}

function isNothing(change: ImageChange, before: MetadataImage, after: MetadataImage): boolean {
  const { topics, brokers, brokerConfigs, groupConfigs, controller } = change
  const changed = topics.size + brokers.size + brokerConfigs.size + groupConfigs.size
  return changed === 0 && !controller && before.clusterId === after.clusterId
}
