/**
 * What the controller does by itself: it goes over the topics whenever brokers come and go, topics change, or it has just
 * become controller, and settles what is not as it should be; and every few minutes it gives partitions back to their
 * preferred leaders. Everything is decided by the image alone, so that whatever a dead controller left is found again.
 */
import type { BrokerConfig } from '@odradek/config'
import type { Logger } from 'pino'
import type { Timer, Timers } from '../host/clock.ts'
import { isImbalanced } from './controller/elect-leaders.ts'
import type { MetadataImage } from './image.ts'
import type { ImageChange } from './image-change.ts'
import { intakeTopicName, intakeTopicOf } from './intake-topic.ts'

const RETRY_MS = 1000

export interface ControllerDutiesOptions {
  readonly timers: Timers
  readonly logger: Logger
  image(): MetadataImage
  config(): BrokerConfig
  isController(): boolean
  /** Settles topics and resolves when that is stored. Rejects where the store does not answer. */
  settle(topics: readonly string[]): Promise<void>
  /** Elects the preferred leaders of these partitions. */
  rebalance(partitions: ReadonlyMap<string, readonly number[]>): Promise<void>
}

export class ControllerDuties {
  readonly #options: ControllerDutiesOptions
  readonly #due = new Set<string>()
  #isRunning = false
  #isClosed = false
  #retry: Timer | null = null
  #rebalance: Timer | null = null

  constructor(options: ControllerDutiesOptions) {
    this.#options = options
    this.#rebalanceLater()
  }

  /** Follows the image. */
  changed(image: MetadataImage, change: ImageChange): void {
    if (!this.#options.isController()) return
    // What holds for all topics, how many replicas must be in sync for one, may be among the settings.
    if (change.controller || change.brokers.size > 0 || change.brokerConfigs.size > 0) {
      this.all()
      return
    }
    for (const name of change.topics) {
      this.#due.add(name)
      // Topics that records wait in are led where the topics are that they go to, and these where those can be.
      const visibleId = intakeTopicOf(name)
      const topic = visibleId === null ? image.topics.get(name) : image.topicsById.get(visibleId)
      if (topic !== undefined) this.#due.add(visibleId === null ? intakeTopicName(topic.topicId) : topic.name)
    }
    this.#start()
  }

  /** Goes over all topics. */
  all(): void {
    for (const name of this.#options.image().topics.keys()) this.#due.add(name)
    this.#start()
  }

  close(): void {
    this.#isClosed = true
    this.#retry?.cancel()
    this.#rebalance?.cancel()
  }

  #start(): void {
    if (this.#isRunning || this.#due.size === 0) return
    this.#isRunning = true
    queueMicrotask(() => {
      this.#run().finally(() => {
        this.#isRunning = false
        if (this.#retry === null && !this.#isClosed) this.#start()
      })
    })
  }

  async #run(): Promise<void> {
    const { settle, isController, timers, logger } = this.#options
    while (this.#due.size > 0 && !this.#isClosed) {
      const names = [...this.#due]
      this.#due.clear()
      if (!isController()) return
      try {
        await settle(names)
      } catch (error) {
        if (this.#isClosed) return
        logger.warn({ err: error }, 'The metadata store does not answer: leaders stay as they are')
        for (const name of names) this.#due.add(name)
        this.#retry ??= timers.after(RETRY_MS, () => {
          this.#retry = null
          // Whoever is controller by then looks at everything.
          if (isController()) this.all()
        })
        return
      }
    }
  }

  #rebalanceLater(): void {
    const { timers, config, logger } = this.#options
    this.#rebalance = timers.after(config()['leader.imbalance.check.interval.seconds'] * 1000, () => {
      this.#giveBack()
        .catch((error: Error) => logger.warn({ err: error }, 'Preferred leaders could not be elected'))
        .finally(() => {
          if (!this.#isClosed) this.#rebalanceLater()
        })
    })
  }

  async #giveBack(): Promise<void> {
    const { config, image, isController, rebalance, logger } = this.#options
    if (!isController() || !config()['auto.leader.rebalance.enable']) return
    const partitions = imbalancedPartitions(image(), config()['leader.imbalance.per.broker.percentage'])
    if (partitions.size === 0) return
    logger.info({ topics: partitions.size }, 'Partitions go back to their preferred leaders')
    await rebalance(partitions)
  }
}

/** Partitions by topic whose preferred leader could lead them, of brokers of which more than `percentage` are led by others. */
export function imbalancedPartitions(image: MetadataImage, percentage: number): Map<string, number[]> {
  const preferredBy = new Map<number, number>()
  const lostBy = new Map<number, { topic: string; index: number }[]>()
  for (const topic of image.topics.values()) {
    for (const partition of topic.partitions) {
      const [preferred = -1] = partition.replicas
      preferredBy.set(preferred, (preferredBy.get(preferred) ?? 0) + 1)
      if (!isImbalanced(image, topic, partition)) continue
      const lost = lostBy.get(preferred) ?? []
      lost.push({ topic: topic.name, index: partition.index })
      lostBy.set(preferred, lost)
    }
  }
  const found = new Map<string, number[]>()
  for (const [broker, lost] of lostBy) {
    if (lost.length * 100 <= percentage * preferredBy.get(broker)!) continue
    for (const { topic, index } of lost) found.set(topic, [...(found.get(topic) ?? []), index])
  }
  return found
}
