import { producerIdsKey } from './keys.ts'
import type { MetadataStore } from './store.ts'
import { formatProducerIds, parseProducerIds } from './values.ts'

/** Ids reserved at once: a crash wastes at most so many. */
const blockIds = 1000

/**
 * Ids for idempotent producers, unique in the cluster for ever: each broker hands out ids from blocks that it reserved in
 * the store, and what is left of a block when it stops is never used.
 */
export class ProducerIds {
  readonly #store: MetadataStore
  #next = 0
  #end = 0
  #reserving: Promise<void> | null = null

  constructor(store: MetadataStore) {
    this.#store = store
  }

  /** A fresh id. Rejects when the store fails. */
  async next(): Promise<number> {
    while (this.#next === this.#end) {
      this.#reserving ??= this.#reserve().finally(() => {
        this.#reserving = null
      })
      await this.#reserving
    }
    const id = this.#next
    this.#next += 1
    return id
  }

  async #reserve(): Promise<void> {
    for (;;) {
      const { entry } = await this.#store.get(producerIdsKey)
      const start = entry === null ? 0 : parseProducerIds(entry.key, entry.value)
      const result = await this.#store.transact({
        compares: [{ key: producerIdsKey, target: 'modRevision', revision: entry?.modRevision ?? 0 }],
        success: [{ kind: 'put', key: producerIdsKey, value: formatProducerIds(start + blockIds) }],
      })
      if (!result.succeeded) continue
      this.#next = start
      this.#end = start + blockIds
      return
    }
  }
}
