/**
 * The partitions of this broker, by topic and by topic id. It follows the metadata image: opens logs, leads what the image
 * says it leads, follows what another leads, lets go of what it no longer has a replica of, and deletes what was deleted.
 *
 *   nothing ──▶ Follower ◀──another leads──┬──this broker leads──▶ Partition
 *                   └── the log goes from one to the other, with what is known to be committed
 */
import { type BrokerConfig, resolveTopicConfig, type TopicConfig } from '@odradek/config'
import { errors } from '@odradek/protocol'
import type { Logger } from 'pino'
import type { DiskGauge } from '../cleanup/disk-gauge.ts'
import type { FlushSchedule } from '../flush/flush-schedule.ts'
import type { Host } from '../host/host.ts'
import type { Turn } from '../host/turn.ts'
import type { IsrChange, IsrOutcome } from '../metadata/controller/alter-isr.ts'
import type { MetadataImage, PartitionImage, TopicImage } from '../metadata/image.ts'
import { DamagedLogError } from '../storage/damage.ts'
import { isNoRoom } from '../storage/disk-room.ts'
import type { Log } from '../storage/log.ts'
import type { LogDirectories } from '../storage/log-directories.ts'
import type { LogDirectory } from '../storage/log-directory.ts'
import type { Fetchers } from './fetchers.ts'
import { Follower, type FollowerEvents } from './follower.ts'
import { HeldReplicas, type HeldTopic } from './held-replicas.ts'
import type { ClusterView } from './in-sync-replicas.ts'
import { IsrChanges } from './isr-changes.ts'
import { LagWatch } from './lag-watch.ts'
import { LateBegins } from './late-begins.ts'
import { openFetchers } from './open-fetchers.ts'
import { Partition, type PartitionEvents } from './partition.ts'
import type { Peers } from './peers/peers.ts'
import { ReplicationQuota } from './replication-quota.ts'
import { Withdrawals } from './withdrawals.ts'

/** Hears of partitions that this broker begins or ceases to lead. */
export interface LeadershipListener {
  led(partition: Partition): void
  lost(partition: Partition): void
}

/** What is needed where topics have more than one replica. */
export interface ReplicationOptions {
  readonly host: Pick<Host, 'clock' | 'timers'>
  readonly peers: Peers
  readonly image: () => MetadataImage
  /** Whether this broker's lease, with which it is registered in the image, has certainly not ended. */
  readonly isCertainlyAlive: () => boolean
  readonly alterIsr: (changes: readonly IsrChange[]) => Promise<readonly IsrOutcome[]>
  readonly withdraw: (topicId: string, indexes: readonly number[]) => Promise<number>
}

export interface PartitionsOptions {
  readonly nodeId: number
  /** The settings in force: topics inherit from them. */
  readonly config: () => BrokerConfig
  readonly directories: LogDirectories
  readonly flushSchedule: FlushSchedule
  readonly turn: Turn
  readonly logger: Logger
  /** How full the disk of a log is [nobody looks]. */
  readonly gaugeOf?: (log: Log) => DiskGauge | null
  /** No log directory is left: nothing can be served any more. */
  readonly allOffline: (error: Error) => void
  /** [no topic has more than one replica] */
  readonly replication?: ReplicationOptions
}

export class Partitions implements PartitionEvents, FollowerEvents {
  readonly #options: PartitionsOptions
  readonly #held = new HeldReplicas()
  readonly #listeners: LeadershipListener[] = []
  readonly #cluster: ClusterView | null
  /** What this broker gives to replicas that catch up and are to be held up; null where no topic has any. */
  readonly leaderQuota: ReplicationQuota | null = null
  readonly #fetchers: Fetchers | null
  readonly #withdrawals: Withdrawals | null
  readonly #isrChanges: IsrChanges | null
  readonly #lagWatch: LagWatch | null
  readonly #lateBegins: LateBegins | null
  /** Damaged logs of the last replica in sync, by partition: nobody else has what they had. */
  readonly #lastInSync = new WeakSet<Log>()
  /** Followers whose log is being cut, and that this broker leads when that is done. */
  readonly #ledWhenCut = new WeakSet<Follower>()
  #isClosed = false

  constructor(options: PartitionsOptions) {
    this.#options = options
    const { nodeId, config, turn, replication } = options
    this.#cluster = null
    this.#fetchers = null
    this.#withdrawals = null
    this.#isrChanges = null
    this.#lagWatch = null
    this.#lateBegins = null
    if (replication !== undefined) {
      const { host, image, isCertainlyAlive, withdraw, alterIsr } = replication
      const brokerEpoch = (id: number) => image().brokers.get(id)?.epoch ?? -1
      const servesFromFollowers = () => config()['replica.selector.class'] !== ''
      this.leaderQuota = new ReplicationQuota(host.clock, () => config()['leader.replication.throttled.rate'])
      this.#cluster = { nodeId, clock: host.clock, brokerEpoch, isCertainlyAlive, servesFromFollowers }
      this.#fetchers = openFetchers(replication, turn, nodeId, config)
      this.#isrChanges = new IsrChanges({ turn, logger: options.logger, alterIsr })
      this.#lagWatch = new LagWatch(host.timers, this, () => config()['replica.lag.time.max.ms'])
      this.#lateBegins = new LateBegins(host.timers, () => this.#beginLate(image()))
      this.#withdrawals = new Withdrawals({
        timers: host.timers,
        turn,
        withdraw,
        withdrawn: (topicId) => this.#withdrawn(topicId),
      })
    }
    options.directories.onOffline((directory, error) => this.#wentOffline(directory, error))
  }

  /** The partition, or undefined where this broker does not lead it. */
  get(topic: string, index: number): Partition | undefined {
    return this.#held.topic(topic)?.led[index]
  }

  /** The same by topic id. */
  byId(topicId: string, index: number): Partition | undefined {
    return this.#held.topicById(topicId)?.led[index]
  }

  /** The replica of a partition that another broker leads. */
  follower(topic: string, index: number): Follower | undefined {
    return this.#held.topic(topic)?.followed[index]
  }

  /** The same by topic id. */
  followerById(topicId: string, index: number): Follower | undefined {
    return this.#held.topicById(topicId)?.followed[index]
  }

  /** The log of a partition of which this broker has a replica, whoever leads it. */
  logOf(topic: string, index: number): Log | undefined {
    return (this.get(topic, index) ?? this.follower(topic, index))?.log
  }

  /** Those that this broker leads. */
  [Symbol.iterator](): Generator<Partition> {
    return this.#held.led()
  }

  /** Those that it follows. */
  followers(): Generator<Follower> {
    return this.#held.followed()
  }

  listen(listener: LeadershipListener): void {
    this.#listeners.push(listener)
  }

  /** Follows the image in the topics named (all that changed since the last call). */
  apply(image: MetadataImage, changedTopics: Iterable<string>): void {
    const names = new Set(changedTopics)
    const held = [...names].flatMap((name) => this.#held.topic(name) ?? [])
    this.#delete(held.filter(({ name, topicId }) => topicId !== image.topics.get(name)?.topicId))
    for (const name of names) {
      const topic = image.topics.get(name)
      if (topic) this.#follow(topic)
    }
  }

  /** Registrations of other brokers came, changed or went. */
  brokersMoved(ids: Iterable<number>): void {
    const { nodeId, replication } = this.#options
    if (replication === undefined) return
    for (const id of ids) {
      if (id === nodeId) continue
      replication.peers.moved(id)
      for (const partition of this) if (partition.replicas.includes(id)) partition.brokerMoved(id)
    }
  }

  /** Who lives is known anew, and `apply` was told what came with it. */
  brokersKnown(): void {
    for (const partition of this) partition.brokersKnown()
  }

  /** High watermarks, for the checkpoint file. */
  highWatermarks(): Map<Log, number> {
    const marks = new Map<Log, number>()
    for (const { log, highWatermark } of this) marks.set(log, highWatermark)
    for (const { log, highWatermark } of this.followers()) marks.set(log, highWatermark)
    return marks
  }

  dirty(replica: Partition | Log): void {
    this.#options.flushSchedule.dirtied(replica instanceof Partition ? replica.log : replica)
  }

  /** Called by the flush schedule. */
  flushed(log: Log): void {
    const replica = this.#held.ofLog(log)
    if (replica instanceof Partition) replica.flushed()
    else if (replica !== undefined) this.#fetchers?.flushed(replica)
  }

  failed(replica: { readonly topic: string; readonly index: number; readonly log: Log }, error: Error): void {
    const { directories, logger } = this.#options
    const directory = directories.directoryOf(replica.log)
    if (directory === undefined || directory.offline !== null) return
    // A full disk is none that failed: what was to be done is undone, and done when there is room.
    if (isNoRoom(error) && replica.log.failed === null) return
    logger.error(
      { topic: replica.topic, partition: replica.index, directory: directory.path, err: error },
      'Writing a log failed: its directory is offline until the broker is restarted. Check the disk, then restart.',
    )
    directory.fail(error)
  }

  cut(follower: Follower, pauseMs: number): void {
    const isLed = this.#ledWhenCut.delete(follower)
    if (this.#isClosed || follower.offlineCode !== 0) return
    this.#fetchers?.resume(follower, pauseMs)
    if (!isLed) return
    const topic = this.#options.replication?.image().topicsById.get(follower.topicId)
    if (topic !== undefined && this.#held.topicById(follower.topicId) !== undefined) this.#follow(topic)
  }

  isrFound(partition: Partition, isr: readonly number[]): void {
    this.#isrChanges!.found(partition, isr)
  }

  /** What was durable in a log is damaged, or cannot be read: its partition is offline and others lead it, its directory goes on. */
  damaged(log: Log): void {
    const replica = this.#held.ofLog(log)
    if (replica) this.#lose(replica, errors.KAFKA_STORAGE_ERROR.code)
  }

  /** Called where a log failed apart from an append: in a flush. */
  logFailed(log: Log, error: Error): void {
    const replica = this.#held.ofLog(log)
    if (replica) this.failed(replica, error)
  }

  /** All partitions of a directory that went offline answer KAFKA_STORAGE_ERROR and have no leader. */
  #wentOffline(directory: LogDirectory, error: Error): void {
    const { directories, allOffline } = this.#options
    for (const replica of [...this, ...this.followers()]) {
      if (directories.directoryOf(replica.log) === directory) this.#lose(replica, errors.KAFKA_STORAGE_ERROR.code)
    }
    if (!directories.isAnyOnline) allOffline(error)
  }

  /** Resolves when the metadata knows of all replicas that could not be used here so far. */
  async withdrawn(): Promise<void> {
    await this.#withdrawals?.settled()
  }

  /** Ends all waits, before the logs are closed. */
  close(): void {
    this.#isClosed = true
    this.#lagWatch?.close()
    this.#lateBegins?.close()
    this.#fetchers?.close()
    this.#withdrawals?.close()
    for (const replica of [...this, ...this.followers()]) this.#lose(replica, errors.NOT_LEADER_OR_FOLLOWER.code)
  }

  #follow(topic: TopicImage): void {
    const { nodeId, config } = this.#options
    const held = this.#held.hold(topic.name, topic.topicId)
    const topicConfig = resolveTopicConfig(topic.configs, config())
    const gone: Log[] = []
    for (const partition of topic.partitions) {
      if (partition.leader === nodeId) this.#lead(held, partition, topicConfig)
      else if (partition.replicas.includes(nodeId)) this.#keepUp(held, partition, topicConfig)
      else {
        const log = this.#letGo(held, partition.index)
        if (log !== null) gone.push(log)
      }
    }
    this.#options.directories.deleteLogs(gone)
  }

  /** This broker leads a partition. */
  #lead(held: HeldTopic, image: PartitionImage, config: TopicConfig): void {
    const { turn } = this.#options
    const { index, leaderEpoch } = image
    const led = held.led[index]
    if (led) {
      led.configure(config)
      led.lead(image)
      this.#lagWatch?.led(led)
      this.#withdrawAnew(led, image)
      return
    }
    const follower = held.followed[index]
    if (follower?.isCutting) {
      // Nothing is appended before the cut is durable, and the loop does not wait for that; the rest is done then.
      this.#ledWhenCut.add(follower)
      this.#fetchers?.unfollow(follower)
      follower.follow(image.leader, leaderEpoch)
      return
    }
    const log = follower?.log ?? this.#open(held, image, config)
    const highWatermark = follower?.highWatermark ?? this.#checkpointed(log, held.name, index)
    if (follower) {
      this.#fetchers?.unfollow(follower)
      follower.close(errors.NOT_LEADER_OR_FOLLOWER.code)
      held.followed[index] = undefined
      log.configure(config)
      this.#writeStaged(follower)
    }
    const opened = new Partition({
      topic: held.name,
      topicId: held.topicId,
      index,
      log,
      gauge: this.#gaugeOf(log),
      leading: image,
      highWatermark,
      ...(this.#cluster === null ? {} : { cluster: this.#cluster }),
      turn,
      events: this,
    })
    log.assignEpoch(leaderEpoch)
    held.led[index] = opened
    this.#lagWatch?.led(opened)
    this.#held.use(opened)
    // Found after an unclean stop: no append may ever come to have it flushed.
    if (log.flushedOffset < log.endOffset) this.dirty(opened)
    if (log.failed !== null) {
      opened.close(errors.KAFKA_STORAGE_ERROR.code)
      this.#withdraw(opened)
    } else for (const listener of this.#listeners) listener.led(opened)
  }

  /** Another broker leads a partition of which this one has a replica. */
  #keepUp(held: HeldTopic, image: PartitionImage, config: TopicConfig): void {
    const { index, leader, leaderEpoch } = image
    const { turn, logger } = this.#options
    this.#removeDamaged(held, image)
    const known = held.followed[index]
    if (known) {
      known.configure(config)
      known.follow(leader, leaderEpoch)
      this.#fetchers?.follow(known)
      this.#withdrawAnew(known, image)
      return
    }
    const led = held.led[index]
    const log = led?.log ?? this.#open(held, image, config)
    const highWatermark = led?.highWatermark ?? this.#checkpointed(log, held.name, index)
    if (led) {
      this.#lose(led, errors.NOT_LEADER_OR_FOLLOWER.code)
      held.led[index] = undefined
      log.configure(config)
    }
    const follower = new Follower({
      topic: held.name,
      topicId: held.topicId,
      index,
      log,
      gauge: this.#gaugeOf(log),
      leader,
      leaderEpoch,
      highWatermark,
      turn,
      events: this,
      logger,
    })
    held.followed[index] = follower
    this.#held.use(follower)
    this.#fetchers?.follow(follower)
    if (led === undefined && log.failed !== null) this.#withdraw(follower)
  }

  /** This broker has no replica of a partition, or none any more. Returns the log that it had. */
  #letGo(held: HeldTopic, index: number): Log | null {
    const replica = held.led[index] ?? held.followed[index]
    if (!replica) return null
    held.led[index] = undefined
    held.followed[index] = undefined
    return this.#discard(replica, errors.NOT_LEADER_OR_FOLLOWER.code)
  }

  /** Together: their logs share what the loop waits for. */
  #delete(topics: readonly HeldTopic[]): void {
    const logs: Log[] = []
    for (const topic of topics) {
      this.#held.release(topic)
      for (const replica of [...topic.led, ...topic.followed])
        if (replica) logs.push(this.#discard(replica, errors.UNKNOWN_TOPIC_OR_PARTITION.code))
    }
    this.#options.directories.deleteLogs(logs)
  }

  /** Ends the use of a replica; its log is the caller's to delete. */
  #discard(replica: Partition | Follower, errorCode: number): Log {
    this.#lose(replica, errorCode)
    this.#held.forget(replica.log)
    return replica.log
  }

  #open(held: HeldTopic, { index, replicas }: PartitionImage, config: TopicConfig): Log {
    const { directories } = this.#options
    const log = directories.openLog(held.name, index, held.topicId, config, replicas.length === 1)
    if (directories.isUnbegun(log)) this.#lateBegins?.wait()
    return log
  }

  /** Begins what there was no room for when it came; false where there still is none. */
  #beginLate(image: MetadataImage): boolean {
    const { directories, nodeId } = this.#options
    const topics = new Set<TopicImage>()
    let isRoom = true
    for (const standIn of [...directories.unbegun]) {
      const topic = image.topicsById.get(standIn.topicId)
      const held = this.#held.topicById(standIn.topicId)
      const isWanted = topic?.partitions[standIn.partition]?.replicas.includes(nodeId) === true
      // The metadata is about to have it removed.
      if (topic === undefined || held === undefined || !isWanted) continue
      isRoom = directories.beginAgain(standIn)
      if (!isRoom) break
      this.#letGo(held, standIn.partition)
      topics.add(topic)
    }
    for (const topic of topics) this.#follow(topic)
    return isRoom
  }

  #gaugeOf(log: Log): DiskGauge | null {
    return this.#options.gaugeOf?.(log) ?? null
  }

  /** What was last noted to be committed of a log that was there at the start. */
  #checkpointed(log: Log, topic: string, index: number): number {
    return this.#options.directories.directoryOf(log)?.highWatermark(topic, index) ?? 0
  }

  /** What was fetched in this turn is not written yet. */
  #writeStaged(replica: Follower): void {
    if (replica.log.failed !== null) return
    try {
      replica.log.write()
    } catch (error) {
      this.failed(replica, error as Error)
    }
  }

  #lose(replica: Partition | Follower, errorCode: number): void {
    if (replica.offlineCode !== 0) return
    replica.close(errorCode)
    if (errorCode === errors.KAFKA_STORAGE_ERROR.code) this.#withdraw(replica)
    if (replica instanceof Partition) for (const listener of this.#listeners) listener.lost(replica)
    else this.#fetchers?.unfollow(replica)
  }

  /** Others are to lead what cannot be used here, where there are others. */
  #withdraw({ topicId, index }: Partition | Follower): void {
    const replicas = this.#options.replication?.image().topicsById.get(topicId)?.partitions[index]?.replicas ?? []
    if (replicas.length > 1) this.#withdrawals?.add(topicId, index)
  }

  /** One that withdrew may be taken back for what it asked before that. */
  #withdrawAnew(replica: Partition | Follower, { offline }: PartitionImage): void {
    const isLost = replica.offlineCode === errors.KAFKA_STORAGE_ERROR.code
    if (isLost && offline?.includes(this.#options.nodeId) !== true) this.#withdraw(replica)
  }

  /** The metadata has it that replicas of a topic cannot be used here. */
  #withdrawn(topicId: string): void {
    const topic = this.#options.replication!.image().topicsById.get(topicId)
    if (topic !== undefined) this.#follow(topic)
  }

  /**
   * Where a replica is only damaged, and everybody knows that it is out of use, the leader has it whole: it is set aside here,
   * to be fetched anew. The last one in sync is kept when another is elected without it: this broker's next start sets it aside.
   */
  #removeDamaged(held: HeldTopic, { index, leader, isr, offline }: PartitionImage): void {
    const { nodeId } = this.#options
    const replica = held.followed[index] ?? held.led[index]
    const isWithdrawn = offline?.includes(nodeId) === true
    if (!isWithdrawn || !(replica?.log.failed instanceof DamagedLogError)) return
    const { log } = replica
    if (isr.includes(nodeId)) this.#lastInSync.add(log)
    else if (leader >= 0) this.#removeReplaced(held, index, log, leader)
  }

  #removeReplaced(held: HeldTopic, index: number, log: Log, leader: number): void {
    const { logger } = this.#options
    if (this.#lastInSync.has(log)) {
      logger.warn(
        { topic: held.name, partition: index, leader, directory: log.directory },
        'A damaged replica was the last in sync, and its leader may lack what it has: it is kept as it is until the next start, which sets it aside and fetches what the leader has.',
      )
      return
    }
    logger.warn({ topic: held.name, partition: index, leader }, 'A damaged replica is fetched anew from its leader.')
    this.#letGo(held, index)
    this.#options.directories.setDamagedAside(log)
  }
}
