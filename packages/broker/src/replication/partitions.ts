/**
 * The partitions of this broker, by topic and by topic id. It follows the metadata image: opens logs and leads what the
 * image says it leads, lets go of what it no longer does, and deletes what was deleted.
 */
import { type BrokerConfig, resolveTopicConfig } from '@odradek/config'
import { errors } from '@odradek/protocol'
import type { Logger } from 'pino'
import type { DiskGauge } from '../cleanup/disk-gauge.ts'
import type { FlushSchedule } from '../flush/flush-schedule.ts'
import type { Turn } from '../host/turn.ts'
import type { MetadataImage, TopicImage } from '../metadata/image.ts'
import { isNoRoom } from '../storage/disk-room.ts'
import type { Log } from '../storage/log.ts'
import type { LogDirectories } from '../storage/log-directories.ts'
import type { LogDirectory } from '../storage/log-directory.ts'
import { Partition, type PartitionEvents } from './partition.ts'

/** The partitions of one topic that this broker leads, by index. */
interface LedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: (Partition | undefined)[]
}

/** Hears of partitions that this broker begins or ceases to lead. */
export interface LeadershipListener {
  led(partition: Partition): void
  lost(partition: Partition): void
}

export class Partitions implements PartitionEvents {
  readonly #nodeId: number
  readonly #config: () => BrokerConfig
  readonly #directories: LogDirectories
  readonly #flushSchedule: FlushSchedule
  readonly #turn: Turn
  readonly #logger: Logger
  readonly #allOffline: (error: Error) => void
  readonly #gaugeOf: (log: Log) => DiskGauge | null
  readonly #byName = new Map<string, LedTopic>()
  readonly #byId = new Map<string, LedTopic>()
  readonly #byLog = new Map<Log, Partition>()
  readonly #listeners: LeadershipListener[] = []

  constructor(options: {
    nodeId: number
    /** The settings in force: topics inherit from them. */
    config: () => BrokerConfig
    directories: LogDirectories
    flushSchedule: FlushSchedule
    turn: Turn
    logger: Logger
    /** How full the disk of a log is [nobody looks]. */
    gaugeOf?: (log: Log) => DiskGauge | null
    /** No log directory is left: nothing can be served any more. */
    allOffline: (error: Error) => void
  }) {
    this.#nodeId = options.nodeId
    this.#config = options.config
    this.#directories = options.directories
    this.#flushSchedule = options.flushSchedule
    this.#turn = options.turn
    this.#logger = options.logger
    this.#allOffline = options.allOffline
    this.#gaugeOf = options.gaugeOf ?? (() => null)
    this.#directories.onOffline((directory, error) => this.#wentOffline(directory, error))
  }

  /** The partition, or undefined where this broker does not lead it. */
  get(topic: string, index: number): Partition | undefined {
    return this.#byName.get(topic)?.partitions[index]
  }

  /** The same by topic id. */
  byId(topicId: string, index: number): Partition | undefined {
    return this.#byId.get(topicId)?.partitions[index]
  }

  *[Symbol.iterator](): Generator<Partition> {
    for (const topic of this.#byName.values()) for (const partition of topic.partitions) if (partition) yield partition
  }

  listen(listener: LeadershipListener): void {
    this.#listeners.push(listener)
  }

  /** Follows the image in the topics named (all that changed since the last call). */
  apply(image: MetadataImage, changedTopics: Iterable<string>): void {
    for (const name of changedTopics) {
      const topic = image.topics.get(name)
      const led = this.#byName.get(name)
      if (led && led.topicId !== topic?.topicId) this.#delete(led)
      if (topic) this.#follow(topic)
    }
  }

  /** High watermarks, for the checkpoint file. */
  highWatermarks(): Map<Log, number> {
    const marks = new Map<Log, number>()
    for (const partition of this) marks.set(partition.log, partition.highWatermark)
    return marks
  }

  dirty(partition: Partition): void {
    this.#flushSchedule.dirtied(partition.log)
  }

  /** Called by the flush schedule. */
  flushed(log: Log): void {
    this.#byLog.get(log)?.flushed()
  }

  failed(partition: Partition, error: Error): void {
    const directory = this.#directories.directoryOf(partition.log)
    if (directory === undefined || directory.offline !== null) return
    // A full disk is none that failed: what was to be done is undone, and done when there is room.
    if (isNoRoom(error) && partition.log.failed === null) return
    this.#logger.error(
      { topic: partition.topic, partition: partition.index, directory: directory.path, err: error },
      'Writing a log failed: its directory is offline until the broker is restarted. Check the disk, then restart.',
    )
    directory.fail(error)
  }

  /** What was durable in a log is damaged: its partition is offline, its directory goes on. */
  damaged(log: Log): void {
    const partition = this.#byLog.get(log)
    if (partition) this.#lose(partition, errors.KAFKA_STORAGE_ERROR.code)
  }

  /** Called where a log failed apart from an append: in a flush. */
  logFailed(log: Log, error: Error): void {
    const partition = this.#byLog.get(log)
    if (partition) this.failed(partition, error)
  }

  /** All partitions of a directory that went offline answer KAFKA_STORAGE_ERROR and have no leader. */
  #wentOffline(directory: LogDirectory, error: Error): void {
    for (const partition of this) {
      if (this.#directories.directoryOf(partition.log) === directory)
        this.#lose(partition, errors.KAFKA_STORAGE_ERROR.code)
    }
    if (!this.#directories.isAnyOnline) this.#allOffline(error)
  }

  /** Ends all waits, before the logs are closed. */
  close(): void {
    for (const partition of this) this.#lose(partition, errors.NOT_LEADER_OR_FOLLOWER.code)
  }

  #follow(topic: TopicImage): void {
    let led = this.#byName.get(topic.name)
    if (!led) {
      led = { name: topic.name, topicId: topic.topicId, partitions: [] }
      this.#byName.set(topic.name, led)
      this.#byId.set(topic.topicId, led)
    }
    const config = resolveTopicConfig(topic.configs, this.#config())
    for (const { index, replicas, isr, leader, leaderEpoch } of topic.partitions) {
      const partition = led.partitions[index]
      if (partition) {
        partition.configure(config)
        partition.lead(leaderEpoch, replicas, isr)
      } else if (leader === this.#nodeId) {
        const log = this.#directories.openLog(topic.name, index, topic.topicId, config)
        const opened = new Partition({
          topic: topic.name,
          topicId: topic.topicId,
          index,
          log,
          gauge: this.#gaugeOf(log),
          leaderEpoch,
          replicas,
          isr,
          turn: this.#turn,
          events: this,
        })
        log.assignEpoch(leaderEpoch)
        led.partitions[index] = opened
        this.#byLog.set(log, opened)
        // Found after an unclean stop: no append may ever come to have it flushed.
        if (log.flushedOffset < log.endOffset) this.dirty(opened)
        if (log.failed !== null) opened.close(errors.KAFKA_STORAGE_ERROR.code)
        else for (const listener of this.#listeners) listener.led(opened)
      }
    }
  }

  #delete(led: LedTopic): void {
    this.#byName.delete(led.name)
    this.#byId.delete(led.topicId)
    for (const partition of led.partitions) {
      if (!partition) continue
      this.#lose(partition, errors.UNKNOWN_TOPIC_OR_PARTITION.code)
      this.#byLog.delete(partition.log)
      this.#directories.deleteLog(partition.log)
    }
  }

  #lose(partition: Partition, errorCode: number): void {
    if (partition.offlineCode !== 0) return
    partition.close(errorCode)
    for (const listener of this.#listeners) listener.lost(partition)
  }
}
