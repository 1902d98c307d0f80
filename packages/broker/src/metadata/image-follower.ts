import type { Logger } from 'pino'
import { MetadataImage } from './image.ts'
import type { ImageChange } from './image-change.ts'
import { ImageDraft, loadImage } from './image-draft.ts'
import { rootPrefix } from './keys.ts'
import type { EventBatch, MetadataStore, Watch } from './store.ts'

export type ImageListener = (image: MetadataImage, previous: MetadataImage, change: ImageChange) => void

/** Keeps an image of the store: lists once, then follows the watch; lists again where the watch has a gap. */
export class ImageFollower {
  readonly #store: MetadataStore
  readonly #logger: Logger
  readonly #listeners = new Set<ImageListener>()
  #waits: { revision: number; resolve: () => void; reject: (error: Error) => void }[] = []
  #image = MetadataImage.empty
  #watch: Watch | null = null
  #ended: Error | null = null

  private constructor(store: MetadataStore, logger: Logger) {
    this.#store = store
    this.#logger = logger
  }

  static async open(store: MetadataStore, logger: Logger): Promise<ImageFollower> {
    const follower = new ImageFollower(store, logger)
    await follower.refresh()
    follower.#follow()
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
    const { revision, entries } = await this.#store.list(rootPrefix)
    if (revision <= this.#image.revision) return
    const { image, change } = loadImage(revision, entries, this.#image)
    this.#replace(image, change)
  }

  close(): void {
    this.#watch?.close()
    this.#end(new Error('The metadata is closed'))
  }

  #follow(): void {
    this.#watch = this.#store.watch(rootPrefix, this.#image.revision + 1, {
      events: (batches) => this.#apply(batches),
      compacted: () => {
        this.refresh().then(
          () => this.#follow(),
          (error: Error) => this.#end(error),
        )
      },
      ended: (error) => this.#end(error ?? new Error('The metadata store is closed')),
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

  #end(error: Error): void {
    this.#ended ??= error
    for (const wait of this.#waits.splice(0)) wait.reject(error)
  }
}
