/**
 * The intakes of this broker, by the partition that clients see. An intake is there while this broker leads both its
 * partitions: that of the internal topic, which clients write to, and that which they read.
 */
import { resolveGroupConfig, type TopicConfig } from '@odradek/config'
import type { Logger } from 'pino'
import type { Clock, Timer, Timers } from '../host/clock.ts'
import type { Disk } from '../host/disk.ts'
import type { Turn } from '../host/turn.ts'
import type { MetadataImage, TopicImage } from '../metadata/image.ts'
import { intakeTopicOf } from '../metadata/intake-topic.ts'
import { topicOfGroup } from '../metadata/retry-topics.ts'
import type { Partition } from '../replication/partition.ts'
import type { Peers } from '../replication/peers/peers.ts'
import { DelayRules } from './delay/delay-rules.ts'
import type { DeliveryTarget } from './delivery-target.ts'
import { DEAD, deliveryProducerId } from './intake-note.ts'
import type { IntakeRules } from './intake-rules.ts'
import { PartitionIntake } from './partition-intake.ts'
import { RemoteTarget } from './remote-target.ts'
import { RetryRules } from './retry/retry-rules.ts'
import { WorkQueue } from './work-queue.ts'

/** How often it is looked whether the wall clock has stepped, and by how much it must have. */
const CLOCK_CHECK_MS = 500
const CLOCK_STEP_MS = 50
/** After an append that was undone: a disk that refuses one is likely to refuse the next. */
const REOPEN_MS = 1_000
/** How often old segments are let go, at least. */
const CLEAN_MS_MAX = 5_000

export interface IntakesOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly timers: Timers
  readonly turn: Turn
  readonly logger: Logger
  readonly image: () => MetadataImage
  /** The partition of a topic id that this broker leads. */
  readonly partitionOf: (topicId: string, index: number) => Partition | undefined
  /** Other brokers, which take dead letters [there are none]. */
  readonly peers?: Peers
  /** How often it is looked for what can go. */
  readonly checkIntervalMs: () => number
  /** Makes the topic of a group's dead letters. */
  readonly createDeadLetterTopic: (groupId: string) => void
  /** Prefix of the names of those topics. */
  readonly deadLetterPrefix: () => string
  /** Nothing waits in a topic any more whose records no longer wait. */
  readonly retire: (topicId: string) => void
}

export class Intakes {
  readonly #options: IntakesOptions
  readonly #work: WorkQueue
  readonly #byVisible = new Map<Partition, PartitionIntake>()
  /** Where dead letters go that another broker takes. */
  readonly #remotes = new WeakMap<Partition, RemoteTarget>()
  /** The partitions that clients see, by those of the internal topics. */
  readonly #visibleOf = new Map<Partition, Partition>()
  /** Led partitions of internal topics whose visible partition is not led yet, by topic id and index of the latter. */
  readonly #waiting = new Map<string, Partition>()
  /** Those that begin anew in a while, by the partition that clients see. */
  readonly #reopening = new Map<Partition, Timer>()
  #clockTimer: Timer | null = null
  /** Monotonic. */
  #cleanAt = 0
  /** Wall clock less monotonic clock. */
  #clockOffset = 0

  constructor(options: IntakesOptions) {
    this.#options = options
    this.#work = new WorkQueue(options.clock, options.timers, options.turn)
  }

  /** The intake of a partition that clients see; undefined while there is none here. */
  get(visible: Partition): PartitionIntake | undefined {
    return this.#byVisible.get(visible)
  }

  [Symbol.iterator](): Iterator<PartitionIntake> {
    return this.#byVisible.values()
  }

  /** The intakes of a topic that clients see, in the order of their partitions. */
  ofTopic(topicId: string): PartitionIntake[] {
    return [...this.#byVisible.values()].filter((each) => each.topicId === topicId).sort((a, b) => a.index - b.index)
  }

  /** Whether all is known of what waits in a topic that clients see. */
  isKnown(topicId: string): boolean {
    for (const visible of this.#reopening.keys()) if (visible.topicId === topicId) return false
    return this.ofTopic(topicId).every(({ isLoaded }) => isLoaded)
  }

  /** Records that wait in a topic that clients see. */
  waitingIn(topicId: string): number {
    return this.ofTopic(topicId).reduce((sum, { waitingCount }) => sum + waitingCount, 0)
  }

  /** This broker begins to lead a partition. */
  led(partition: Partition): void {
    const { index } = partition
    const visibleId = intakeTopicOf(partition.topic)
    if (visibleId === null) {
      const internal = this.#waiting.get(place(partition.topicId, index))
      if (internal !== undefined) this.#meet(partition, internal)
      return
    }
    this.#waiting.set(place(visibleId, index), partition)
    const visible = this.#options.partitionOf(visibleId, index)
    if (visible !== undefined) this.#meet(visible, partition)
  }

  /** This broker leads a partition no more. */
  lost(partition: Partition): void {
    const visibleId = intakeTopicOf(partition.topic)
    this.#forgetReopening(visibleId ?? partition.topicId, partition.index)
    if (visibleId !== null) this.#waiting.delete(place(visibleId, partition.index))
    const visible = this.#visibleOf.get(partition) ?? partition
    const intake = this.#byVisible.get(visible)
    if (intake === undefined) return
    intake.close()
    this.#byVisible.delete(visible)
    this.#visibleOf.delete(intake.partition)
    if (intake.partition !== partition && intake.partition.offlineCode === 0)
      this.#waiting.set(place(visible.topicId, visible.index), intake.partition)
  }

  close(): void {
    for (const intake of this.#byVisible.values()) intake.close()
    this.#byVisible.clear()
    this.#visibleOf.clear()
    this.#waiting.clear()
    this.#work.close()
    this.#clockTimer?.cancel()
    for (const timer of this.#reopening.values()) timer.cancel()
    this.#reopening.clear()
  }

  /** Both are led: an intake begins, unless the disk of what clients see is away. */
  #meet(visible: Partition, internal: Partition): void {
    if (visible.offlineCode !== 0) return
    this.#waiting.delete(place(visible.topicId, visible.index))
    this.#open(visible, internal)
  }

  #open(visible: Partition, partition: Partition): void {
    const { clock, timers, turn, logger } = this.#options
    const rules = this.#rulesOf(visible)
    const intake = new PartitionIntake({
      partition,
      topic: visible.topic,
      topicId: visible.topicId,
      rules,
      config: () => visible.log.config,
      disk: this.#options.disk,
      isIndexEnough: visible.log.config['message.type'] !== 'RETRY' || !this.#hasOrderedTopics(),
      targetOf: (lane) => (lane === DEAD ? this.#deadLettersOf(visible) : visible),
      undone: () => this.#openAnew(visible, partition),
      work: this.#work,
      clock,
      timers,
      turn,
      logger,
    })
    this.#byVisible.set(visible, intake)
    this.#visibleOf.set(partition, visible)
    intake.start()
    if (this.#clockTimer === null) this.#watchClock()
  }

  /** What an intake knows is not what the log says: another one reads that, a while later. */
  #openAnew(visible: Partition, partition: Partition): void {
    this.#options.logger.warn(
      { topic: visible.topic, partition: visible.index },
      'The disk had no room for what was to wait; what waits is read anew.',
    )
    this.#byVisible.get(visible)?.close()
    this.#byVisible.delete(visible)
    this.#visibleOf.delete(partition)
    const waitsFor = place(visible.topicId, visible.index)
    this.#waiting.set(waitsFor, partition)
    const reopen = () => {
      this.#reopening.delete(visible)
      if (this.#waiting.get(waitsFor) === partition) this.#meet(visible, partition)
    }
    this.#reopening.set(visible, this.#options.timers.after(REOPEN_MS, reopen))
  }

  /** One of its partitions is led no more: it begins when both are led again. */
  #forgetReopening(topicId: string, index: number): void {
    for (const [visible, timer] of this.#reopening) {
      if (visible.topicId !== topicId || visible.index !== index) continue
      timer.cancel()
      this.#reopening.delete(visible)
    }
  }

  /** Whether the order of keys counts anywhere: indexes of what waits do not tell that, only the records do. */
  #hasOrderedTopics(): boolean {
    return [...this.#options.image().topics.values()].some(({ configs }) => configs['message.type'] === 'FIFO')
  }

  /** The rules go by the topic's type as it is now: it changes only while nothing waits. */
  #rulesOf(visible: Partition): () => IntakeRules {
    const { image } = this.#options
    const groupId = () => visible.log.config['retry.group']
    const delay = new DelayRules(() => visible.log.config)
    const retry = new RetryRules({
      config: () => resolveGroupConfig(image().groupConfigs.get(groupId())?.configs),
      isFifo: (topic) => image().topics.get(topic)?.configs['message.type'] === 'FIFO',
    })
    return () => (visible.log.config['message.type'] === 'RETRY' ? retry : delay)
  }

  /** Where dead letters of a retry partition go; made where it is missing. */
  #deadLettersOf(visible: Partition): DeliveryTarget | string {
    const { image, partitionOf, createDeadLetterTopic, deadLetterPrefix } = this.#options
    const groupId = visible.log.config['retry.group']
    const topic = topicOfGroup(image(), 'dlq', deadLetterPrefix(), groupId)
    if (topic === undefined) {
      createDeadLetterTopic(groupId)
      return `the topic for dead letters of group "${groupId}" is being made`
    }
    const index = visible.index % topic.partitions.length
    return partitionOf(topic.topicId, index) ?? this.#remote(visible, topic, index)
  }

  /** A partition that another broker leads; the same object while it is the same leader. */
  #remote(visible: Partition, topic: TopicImage, index: number): DeliveryTarget | string {
    const { peers } = this.#options
    const { leader, leaderEpoch } = topic.partitions[index]!
    if (leader < 0 || peers === undefined) return `${topic.name}-${index} has no leader`
    let remote = this.#remotes.get(visible)
    const isSame = remote?.topicId === topic.topicId && remote.leader === leader && remote.leaderEpoch === leaderEpoch
    if (remote === undefined || !isSame) {
      remote = new RemoteTarget({
        peers,
        topic: topic.name,
        topicId: topic.topicId,
        index,
        leader,
        leaderEpoch,
        producerId: deliveryProducerId(visible.topicId, visible.index),
        compression: (topic.configs['compression.type'] ?? 'producer') as TopicConfig['compression.type'],
      })
      this.#remotes.set(visible, remote)
    }
    return remote.ready()
  }

  /** Topics whose type has changed lose their intake when it is empty. */
  #retire(): void {
    const changed = new Set<string>()
    for (const visible of this.#byVisible.keys()) if (!visible.hasIntake) changed.add(visible.topicId)
    for (const topicId of changed)
      if (this.ofTopic(topicId).every((intake) => intake.isEmpty)) this.#options.retire(topicId)
  }

  /** Timers go by the monotonic clock, due times by the wall clock: after a step everything is looked at once. */
  #watchClock(): void {
    const { clock, timers, logger } = this.#options
    const cleanMs = Math.min(CLEAN_MS_MAX, this.#options.checkIntervalMs())
    const offset = clock.now() - clock.monotonic()
    const stepMs = offset - this.#clockOffset
    if (this.#clockTimer !== null && Math.abs(stepMs) >= CLOCK_STEP_MS) {
      logger.warn({ stepMs: Math.round(stepMs) }, 'The wall clock has stepped: what waits is due by the new time.')
      for (const intake of this.#byVisible.values()) intake.clockStepped()
    }
    this.#clockOffset = offset
    this.#retire()
    if (clock.monotonic() >= this.#cleanAt) {
      this.#cleanAt = clock.monotonic() + cleanMs
      for (const intake of this.#byVisible.values()) intake.clean()
    }
    this.#clockTimer = timers.after(Math.min(CLOCK_CHECK_MS, cleanMs), () => this.#watchClock())
  }
}

/** The place of a partition that clients see. */
function place(topicId: string, index: number): string {
  return `${topicId}/${index}`
}
