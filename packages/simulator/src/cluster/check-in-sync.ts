/**
 * The promise that all others stand on: whoever is in sync, or eligible to lead (KIP-966), has all that is committed.
 *
 *   committed    the highest high watermark that any leader ever had, whether it was one still or thought so
 *   in sync      what the metadata store says now, whoever has heard of it
 *
 * A replica that lacks something of that is one crash away from a loss, so that it is seen long before there is one.
 */
import type { MetadataImage } from '@odradek/broker/src/metadata/image.ts'
import type { ClusterBroker } from './cluster-broker.ts'

export class InSyncCheck {
  readonly #fail: (problem: string) => void
  /** By topic, and by partition in it: all below is committed. */
  readonly #committed = new Map<string, number[]>()

  constructor(fail: (problem: string) => void) {
    this.#fail = fail
  }

  /** To be called now and then, and whenever the store's image is another. */
  look(image: MetadataImage, brokers: ReadonlyMap<number, ClusterBroker>): void {
    for (const { host, core } of brokers.values()) {
      if (!host.alive || core === null) continue
      for (const { topicId, index, highWatermark } of core.partitions)
        this.#noteCommitted(topicId, index, highWatermark)
    }
    for (const { name, topicId, partitions } of image.topics.values()) {
      const committed = this.#committed.get(topicId)
      for (const { index, isr, elr = [], offline = [] } of partitions) {
        const due = committed?.[index] ?? 0
        for (const id of due === 0 ? [] : [...isr, ...elr]) {
          const end = offline.includes(id) ? -1 : endOf(brokers.get(id)!, topicId, index)
          if (end >= 0 && end < due)
            this.#fail(
              `${name}-${index} is committed up to ${due}, and broker ${id} ends at ${end}: ISR ${isr}, eligible ${elr}`,
            )
        }
      }
    }
  }

  /** Everybody has lost power at once: of topics that are not flushed before anything is committed nothing is promised any more. */
  allLostPower(image: MetadataImage, flushMode: string): void {
    for (const { topicId, configs } of image.topics.values())
      if ((configs['flush.mode'] ?? flushMode) === 'async') this.#committed.delete(topicId)
  }

  #noteCommitted(topicId: string, index: number, highWatermark: number): void {
    let marks = this.#committed.get(topicId)
    if (marks === undefined) {
      marks = []
      this.#committed.set(topicId, marks)
    }
    if (highWatermark > (marks[index] ?? 0)) marks[index] = highWatermark
  }
}

/** Where the log of a broker that serves ends; -1 where there is none to be seen. */
function endOf({ host, core, address }: ClusterBroker, topicId: string, index: number): number {
  // Before it serves, it has not yet left the sets that it is no longer complete enough for.
  if (!host.alive || core === null || address === null) return -1
  const { partitions } = core
  const log = (partitions.byId(topicId, index) ?? partitions.followerById(topicId, index))?.log
  return log === undefined || log.failed !== null ? -1 : log.endOffset
}
