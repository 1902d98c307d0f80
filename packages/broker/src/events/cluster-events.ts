/**
 * The history of the cluster: what happens to brokers, leaders and in-sync replicas, written into an internal topic.
 *
 *   image ─▶ clusterChanges ─▶ recent (every broker keeps them) ─▶ the leader of the topic's one partition appends them
 *
 * All brokers see the same images, so all of them know the last events. Whoever leads the topic writes, in its own log: no
 * request is made for it, and nothing waits for it. A new leader writes what its predecessor did not come to: it holds what
 * it remembers against the end of the log. So no election waits for the topic, and none is missing for the lack of it.
 */
import {
  BatchCursor,
  type ClusterEvent,
  clusterEventsTopic,
  decodeClusterEvent,
  encodeClusterEvent,
  errors,
  identityOfClusterEvent,
  RecordBatchBuilder,
  RecordCursor,
  sliceOf,
} from '@odradek/protocol'
import type { Logger } from 'pino'
import type { Clock, Timer, Timers } from '../host/clock.ts'
import type { Turn, TurnTask } from '../host/turn.ts'
import type { MetadataImage } from '../metadata/image.ts'
import type { ImageChange } from '../metadata/image-change.ts'
import type { MachinePartition } from '../runtime/machine-partition.ts'
import { clusterChanges } from './cluster-changes.ts'
import { missedChanges } from './missed-changes.ts'

/** Remembered events: as many as a broker that leads ten thousand partitions leaves behind. */
const RECENT_MAX = 20_000
const RECENT_MS_MAX = 3_600_000
/** After the last broker came: others may be about to, and the topic gets as many replicas as there are brokers. */
const CREATE_AFTER_MS = 5_000
const RETRY_MS = 1_000
const BATCH_BYTES_MAX = 500_000
const READ_BYTES = 1 << 20
/** A new leader looks at so many events at the end of the log at least. */
const TAIL_MIN = 2_000

export interface ClusterEventsOptions {
  readonly clock: Clock
  readonly timers: Timers
  readonly turn: Turn
  readonly logger: Logger
  readonly image: () => MetadataImage
  readonly isController: () => boolean
  /** Has the topic made; where it fails, it is tried again when brokers come or go. */
  readonly createTopic: () => void
}

export class ClusterEvents implements TurnTask {
  readonly #options: ClusterEventsOptions
  /** Oldest first. */
  #recent: ClusterEvent[] = []
  /** Of `recent`, those at the end that are to be written here. */
  #unwritten = 0
  #partition: MachinePartition | null = null
  #isDeferred = false
  #create: Timer | null = null
  #retry: Timer | null = null

  constructor(options: ClusterEventsOptions) {
    this.#options = options
    this.#createLater()
  }

  /** Follows the image. */
  follow(image: MetadataImage, previous: MetadataImage, change: ImageChange): void {
    if (change.brokers.size > 0 || change.controller || change.topics.has(clusterEventsTopic)) this.#createLater()
    const changes = clusterChanges(image, previous, change)
    if (changes.length === 0) return
    const atMs = this.#options.clock.now()
    for (const what of changes) this.#recent.push({ ...what, atMs })
    if (this.#partition !== null) this.#unwritten += changes.length
    this.#forgetOld(atMs)
    if (this.#partition !== null) this.#writeSoon()
  }

  /** This broker leads the topic: what is not in its log, as far as it is remembered or can be told, is written. */
  led(partition: MachinePartition): void {
    this.#partition = partition
    const { events, isWhole } = this.#lastIn(partition)
    const known = new Set(events.map(identityOfClusterEvent))
    const atMs = this.#options.clock.now()
    const { true: old = [], false: missing = [] } = Object.groupBy(this.#recent, (event) =>
      known.has(identityOfClusterEvent(event)) ? 'true' : 'false',
    )
    const unseen = missedChanges(this.#options.image(), [...events, ...missing], isWhole)
    missing.push(...unseen.map((what) => ({ ...what, atMs })))
    this.#recent = [...old, ...missing]
    this.#unwritten = missing.length
    if (missing.length > 0) this.#writeSoon()
  }

  /** Another broker leads it, or none. */
  lost(): void {
    this.#partition = null
    this.#unwritten = 0
  }

  close(): void {
    this.lost()
    this.#create?.cancel()
    this.#retry?.cancel()
  }

  /** The end of a turn in which something happened. */
  endTurn(): void {
    this.#isDeferred = false
    const partition = this.#partition
    if (partition === null) return
    while (this.#unwritten > 0) {
      const first = this.#recent.length - this.#unwritten
      const batch = new RecordBatchBuilder()
      for (let at = first; at < this.#recent.length && batch.sizeInBytes < BATCH_BYTES_MAX; at++) {
        const event = this.#recent[at]!
        batch.append({ ...encodeClusterEvent(event), timestamp: event.atMs })
      }
      if (!this.#append(partition, batch)) {
        this.#writeLater()
        return
      }
      this.#unwritten -= batch.count
    }
  }

  #append(partition: MachinePartition, batch: RecordBatchBuilder): boolean {
    const { logger } = this.#options
    try {
      const { errorCode } = partition.append(sliceOf(batch.build()))
      if (errorCode !== errors.NONE.code) logger.debug({ errorCode }, 'Events of the cluster are written later')
      return errorCode === errors.NONE.code
    } catch (error) {
      logger.warn({ err: error }, 'Events of the cluster could not be written; it is tried again')
      return false
    }
  }

  #forgetOld(now: number): void {
    const recent = this.#recent
    let gone = Math.max(0, recent.length - RECENT_MAX)
    while (gone < recent.length && recent[gone]!.atMs < now - RECENT_MS_MAX) gone += 1
    if (gone === 0) return
    this.#recent = recent.slice(gone)
    this.#unwritten = Math.min(this.#unwritten, this.#recent.length)
  }

  #writeSoon(): void {
    if (this.#isDeferred || this.#retry !== null) return
    this.#isDeferred = true
    this.#options.turn.defer('write', this)
  }

  #writeLater(): void {
    this.#retry = this.#options.timers.after(RETRY_MS, () => {
      this.#retry = null
      this.#writeSoon()
    })
  }

  /** One broker alone has no history: nobody follows it, and nobody takes over. */
  #createLater(): void {
    this.#create?.cancel()
    this.#create = null
    if (!this.#isMissing) return
    this.#create = this.#options.timers.after(CREATE_AFTER_MS, () => {
      if (this.#isMissing && this.#options.isController()) this.#options.createTopic()
    })
  }

  get #isMissing(): boolean {
    const { brokers, topics } = this.#options.image()
    return brokers.size > 1 && !topics.has(clusterEventsTopic)
  }

  /** The last events in the log: more than are remembered here. `isWhole` where these are all that are there. */
  #lastIn(partition: MachinePartition): { events: ClusterEvent[]; isWhole: boolean } {
    const events: ClusterEvent[] = []
    const records = new RecordCursor()
    const { startOffset, endOffset } = partition
    const first = Math.max(startOffset, endOffset - Math.max(TAIL_MIN, 2 * this.#recent.length))
    try {
      for (let offset = first; offset < endOffset; ) {
        const bytes = partition.readForReplay(offset, READ_BYTES)
        const chunk = sliceOf(bytes)
        const batches = new BatchCursor(chunk)
        const before = offset
        while (batches.next()) {
          records.openAt(bytes, chunk.view, batches.start, batches.end)
          while (records.next()) {
            const value = records.value()
            const event = value === null ? null : decodeClusterEvent(value)
            if (event !== null) events.push(event)
          }
          offset = Math.max(offset, batches.header.nextOffset)
        }
        if (offset === before) break
      }
      return { events, isWhole: first === 0 }
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'The last events of the cluster could not be read: some may come twice')
      return { events, isWhole: false }
    } finally {
      records.release()
    }
  }
}
