/**
 * A partition that this broker leads: its log, its followers, the high watermark, and what waits for it.
 *
 *   append ──▶ staged in the log ──end of turn──▶ written ──▶ (sync mode: flushed) ──▶ high watermark ──▶ answers, fetches
 *                                                    └──▶ fetched by followers ──▶ acknowledged ──▲
 *
 * Nothing above the high watermark is ever read by a client. With one replica it follows the log's end as soon as that is
 * written (`flush.mode=async`) or flushed (`sync`); with more it is the least of what the in-sync ones have, and stays
 * where it is while they are fewer than `min.insync.replicas`: what one replica alone has may be lost with it (KIP-966).
 */
import type { TopicConfig } from '@odradek/config'
import { type BatchHeader, errors, type Slice } from '@odradek/protocol'
import type { DiskGauge } from '../cleanup/disk-gauge.ts'
import type { Clock } from '../host/clock.ts'
import type { Turn, TurnTask } from '../host/turn.ts'
import { hasIntake } from '../metadata/intake-topic.ts'
import type { AppendResult, Log } from '../storage/log.ts'
import { divergenceFrom } from './divergence.ts'
import { type FetchWait, FetchWaits, type FollowerFetchWait } from './fetch-waits.ts'
import { FollowerProgress } from './follower-progress.ts'
import { LeadershipProofs } from './leadership-proofs.ts'
import { type OffsetWait, OffsetWaits } from './offset-waits.ts'
import type { ReadableReplica } from './readable-replica.ts'

/** What a partition tells the broker about: both ends of its life with the disk. */
export interface PartitionEvents {
  /** The log has unflushed bytes it did not have at the turn's start. */
  dirty(partition: Partition): void
  /** Writing failed: the log directory must go offline. */
  failed(partition: Partition, error: Error): void
  /** Others than the metadata says are in sync: it is to be changed. `isrDecided` is called when that is decided. */
  isrFound(partition: Partition, isr: readonly number[]): void
}

/** What a leader needs to know of the cluster. */
export interface ClusterView {
  /** This broker. */
  readonly nodeId: number
  readonly clock: Pick<Clock, 'monotonic'>
  /** The epoch of a broker's registration; -1 while it has none. */
  brokerEpoch(id: number): number
  /** Whether consumers read from followers, which then are told at once how far they may. [false] */
  readonly servesFromFollowers?: () => boolean
}

/** Who leads, and who has replicas, as the metadata says. */
export interface Leading {
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /** Those that may lead where nobody in sync can: as long as there are any, nothing more is committed (KIP-966). */
  readonly elr?: readonly number[]
}

export class Partition implements TurnTask, ReadableReplica {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly log: Log
  /** How full its disk is; null where nobody looks. */
  readonly gauge: DiskGauge | null
  readonly #turn: Turn
  readonly #events: PartitionEvents
  readonly #cluster: ClusterView | null
  readonly #committed = new OffsetWaits()
  /** Waits for this replica's own flushes, where the high watermark waits for more. */
  readonly #flushed = new OffsetWaits()
  /** Waits until the start of the log has moved on all replicas that are alive. */
  readonly #deleted = new OffsetWaits()
  readonly #fetches = new FetchWaits()
  readonly #proofs = new LeadershipProofs()
  #leaderEpoch: number
  #partitionEpoch: number
  #replicas: readonly number[]
  #isr: readonly number[]
  #hasEligible: boolean
  /** Null while there is no other replica: then nothing of it costs anything. */
  #progress: FollowerProgress | null = null
  /** Replicas that are about to come in sync, or may have without this broker having heard of it. */
  readonly #comingIn = new Set<number>()
  #isAlteringIsr = false
  /** Where the log ended when this broker began to lead in this epoch. */
  #epochStart: number
  /** All below it is written here, and in sync mode flushed. */
  #ownOffset: number
  #highWatermark: number
  #writing = false
  /** How often appends had been undone when somebody was told of it last. */
  #undone = 0
  #offlineCode = 0
  /** Whether clients write to another log than this, in which their records wait until they are due. */
  hasIntake: boolean

  constructor(options: {
    topic: string
    topicId: string
    index: number
    log: Log
    leading: Leading
    /** All below it is known to be committed [all that is in the log]. */
    highWatermark?: number
    /** Needed where there are other replicas. */
    cluster?: ClusterView
    gauge?: DiskGauge | null
    turn: Turn
    events: PartitionEvents
  }) {
    this.topic = options.topic
    this.topicId = options.topicId
    this.index = options.index
    this.log = options.log
    this.gauge = options.gauge ?? null
    this.#turn = options.turn
    this.#events = options.events
    this.#cluster = options.cluster ?? null
    const { log, leading } = options
    this.hasIntake = hasIntake(log.config['message.type'])
    this.#leaderEpoch = leading.leaderEpoch
    this.#partitionEpoch = leading.partitionEpoch
    this.#replicas = leading.replicas
    this.#isr = leading.isr
    this.#hasEligible = leading.elr !== undefined
    this.#epochStart = log.endOffset
    // What was undone before, when this broker followed, is nobody's here.
    this.#undone = log.undone
    // What an unclean stop left in the log was perhaps never flushed: a topic that waits for the disk waits for it here too.
    this.#ownOffset = this.isFlushSynchronous ? Math.max(log.startOffset, log.flushedOffset) : log.endOffset
    const committed = leading.replicas.length > 1 ? (options.highWatermark ?? 0) : log.endOffset
    this.#highWatermark = Math.min(Math.max(log.startOffset, committed), this.#ownOffset)
    this.#watchFollowers()
    this.#recount()
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch
  }

  /** Rises with every change of what the metadata says of it. */
  get partitionEpoch(): number {
    return this.#partitionEpoch
  }

  get isr(): readonly number[] {
    return this.#isr
  }

  get replicas(): readonly number[] {
    return this.#replicas
  }

  /** All below it is on every in-sync replica: the end for readers of uncommitted records. */
  get highWatermark(): number {
    return this.#highWatermark
  }

  /** The end for readers of committed records: the first offset of an undecided transaction, else the high watermark. */
  get lastStableOffset(): number {
    return this.log.lastStableOffset(this.#highWatermark)
  }

  get startOffset(): number {
    return this.log.startOffset
  }

  get endOffset(): number {
    return this.log.endOffset
  }

  /** 0 while it can be used, else the error that its requests are answered with. */
  get offlineCode(): number {
    return this.#offlineCode
  }

  /** Whether an acknowledgement also waits for the disk. */
  get isFlushSynchronous(): boolean {
    return this.log.isFlushSynchronous
  }

  /** Why a client's records of so many bytes cannot be taken: the disk is too full. Null where they can. */
  clientRefusal(bytes: number): string | null {
    const { gauge } = this
    return gauge === null || gauge.admitsFromClient(bytes) ? null : gauge.refusal
  }

  /** Whether acks=1 waits for the in-sync replicas as acks=all does. */
  get isReplicationSynchronous(): boolean {
    return this.log.config['replication.mode'] === 'sync'
  }

  /**
   * Whether the high watermark has come to where it was when the leader before was lost: until then its clients may have
   * seen a later one.
   */
  get isHighWatermarkKnown(): boolean {
    return this.#progress === null || this.#highWatermark >= this.#epochStart
  }

  /** What is known of the followers; null where there are none. */
  get followers(): FollowerProgress | null {
    return this.#progress
  }

  /** Whether acks=all can be promised now. */
  get hasMinInsyncReplicas(): boolean {
    return this.#isr.length >= Math.min(this.log.config['min.insync.replicas'], this.#replicas.length)
  }

  /** Takes over the topic's configuration. */
  configure(config: TopicConfig): void {
    this.log.configure(config)
    this.hasIntake = hasIntake(config['message.type'])
    // A topic that no longer waits for the disk shows what it had held back.
    if (!this.isFlushSynchronous && !this.#writing && this.#offlineCode === 0) this.#moved(this.log.endOffset)
    // Fewer may be needed in sync than before.
    this.#recount()
    // What is not flushed may be due sooner now.
    if (this.log.flushedOffset < this.log.endOffset && this.#offlineCode === 0) this.#events.dirty(this)
  }

  /** Follows the metadata: a new epoch of leadership, other replicas, others in sync. */
  lead({ leaderEpoch, partitionEpoch, replicas, isr, elr }: Leading): void {
    if (leaderEpoch > this.#leaderEpoch) {
      this.#leaderEpoch = leaderEpoch
      this.log.assignEpoch(leaderEpoch)
    }
    if (partitionEpoch !== this.#partitionEpoch) this.#comingIn.clear()
    this.#partitionEpoch = partitionEpoch
    this.#replicas = replicas
    this.#isr = isr
    this.#hasEligible = elr !== undefined
    this.#watchFollowers()
    this.#recount()
    this.#recountStarts()
    if (!this.hasMinInsyncReplicas) this.#committed.failInSync(errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND.code)
    if (this.#proofs.size > 0) this.#prove()
  }

  /** Where the history of a follower's log, which ends at `offset` with a batch of `epoch`, parts from this one. */
  divergence(epoch: number, offset: number): { epoch: number; endOffset: number } | null {
    return divergenceFrom(this.log, epoch, offset)
  }

  /** A follower, whose log begins at `startOffset`, asks for `offset`: it has all below that, of the same history. */
  askedBy(id: number, brokerEpoch: number, offset: number, startOffset = -1): void {
    const progress = this.#progress
    if (progress === null || this.#offlineCode !== 0) return
    const now = this.#cluster!.clock.monotonic()
    const isFurther = progress.asked(id, brokerEpoch, offset, this.log.endOffset, now, startOffset)
    if (isFurther) this.#recount()
    this.#recountStarts()
    if (this.#proofs.size > 0) this.#prove()
    if (this.#isr.includes(id) || this.#isAlteringIsr) return
    const registeredEpoch = this.#cluster!.brokerEpoch(id)
    if (registeredEpoch < 0 || !progress.mayComeIn(id, registeredEpoch, this.#highWatermark, this.#epochStart)) return
    this.#comingIn.add(id)
    this.#alterIsr([...this.#isr, id])
  }

  /** A broker's registration is another, or is gone: what it had may be lost with it. */
  brokerMoved(id: number): void {
    this.#progress?.forget(id)
    this.#recountStarts()
  }

  /** Looks for in-sync replicas that have lagged for longer than `lagMs`: they are to leave. */
  checkLag(lagMs: number): void {
    const progress = this.#progress
    if (progress === null || this.#isAlteringIsr || this.#offlineCode !== 0) return
    const laggards = progress.laggards(this.#isr, this.log.endOffset, this.#cluster!.clock.monotonic(), lagMs)
    if (laggards.length > 0) this.#alterIsr(this.#isr.filter((id) => !laggards.includes(id)))
  }

  /**
   * What `isrFound` asked for is decided: done (the metadata said so before this), refused, or, with REQUEST_TIMED_OUT,
   * nobody knows: then those that were to come in count until the metadata says something else.
   */
  isrDecided(errorCode: number): void {
    this.#isAlteringIsr = false
    if (errorCode === errors.REQUEST_TIMED_OUT.code) return
    this.#comingIn.clear()
    this.#watchFollowers()
    this.#recount()
  }

  #alterIsr(isr: readonly number[]): void {
    this.#isAlteringIsr = true
    this.#watchFollowers()
    this.#events.isrFound(this, isr)
  }

  #watchFollowers(): void {
    const cluster = this.#cluster
    if (cluster === null || this.#replicas.length <= 1) {
      this.#progress = null
      return
    }
    const now = cluster.clock.monotonic()
    const counted = this.#comingIn.size === 0 ? this.#isr : [...new Set([...this.#isr, ...this.#comingIn])]
    if (this.#progress === null) this.#progress = new FollowerProgress(cluster.nodeId, this.#replicas, counted, now)
    else this.#progress.follow(this.#replicas, counted, now)
  }

  /**
   * The leader's append of one validated batch, `header` already read from it. The batch is staged or written at once, is
   * borrowed until return, and is visible when the high watermark has passed it. The result is reused by the next append.
   */
  append(batch: Slice, header: BatchHeader): AppendResult {
    const result = this.#append(batch, header)
    if (result.errorCode === 0 && !result.duplicate && !this.#writing) {
      this.#writing = true
      this.#turn.defer('write', this)
    }
    return result
  }

  #append(batch: Slice, header: BatchHeader): AppendResult {
    if (this.#offlineCode !== 0) return notAppended(this.#offlineCode)
    if (this.gauge?.admits(batch.end - batch.start) === false) return notAppended(errors.NOT_ENOUGH_REPLICAS.code)
    try {
      return this.log.append(batch, header, this.#leaderEpoch)
    } catch (error) {
      this.#events.failed(this, error as Error)
      return notAppended(this.#offlineCode)
    }
  }

  /** Ends `wait` once the high watermark is at least `offset`: at the end of this turn at the earliest. */
  waitFor(offset: number, wait: OffsetWait): void {
    if (this.#offlineCode !== 0) this.#turn.defer('answer', new Reached(wait, this.#offlineCode))
    else if (offset <= this.#highWatermark) this.#turn.defer('answer', new Reached(wait, 0))
    else this.#committed.add(offset, wait)
  }

  /** The same for what must be durable on this broker alone. */
  waitForFlush(offset: number, wait: OffsetWait): void {
    if (this.#progress === null) this.waitFor(offset, wait)
    else if (this.#offlineCode !== 0) this.#turn.defer('answer', new Reached(wait, this.#offlineCode))
    else if (!this.isFlushSynchronous || offset <= this.log.flushedOffset)
      this.#turn.defer('answer', new Reached(wait, 0))
    else this.#flushed.add(offset, wait)
  }

  /** Nothing below it is left on any replica that is alive. */
  get lowWatermark(): number {
    let least = this.log.startOffset
    if (this.#progress === null) return least
    for (const id of this.#replicas) {
      if (id === this.#cluster!.nodeId || this.#cluster!.brokerEpoch(id) < 0) continue
      least = Math.min(least, this.#progress.startOffsetOf(id))
    }
    return least
  }

  /** Ends `wait` once nothing below `offset` is left on any replica that is alive: at the end of this turn at the earliest. */
  waitForDeletion(offset: number, wait: OffsetWait): void {
    if (this.#offlineCode !== 0) this.#turn.defer('answer', new Reached(wait, this.#offlineCode))
    else if (offset <= this.lowWatermark) this.#turn.defer('answer', new Reached(wait, 0))
    else this.#deleted.add(offset, wait)
  }

  #recountStarts(): void {
    if (this.#deleted.size > 0 && this.#offlineCode === 0) this.#deleted.reach(this.lowWatermark)
  }

  /**
   * Ends `wait` once it is certain that this broker leads the partition: for answers that must not be older than what
   * another leader may have told. At the end of this turn at the earliest.
   */
  waitForProof(wait: OffsetWait): void {
    if (this.#offlineCode !== 0) this.#turn.defer('answer', new Reached(wait, this.#offlineCode))
    else if (this.#progress === null) this.#turn.defer('answer', new Reached(wait, 0))
    else {
      this.#proofs.add(wait)
      this.#prove()
      this.#fetches.hurryFollowers()
    }
  }

  #prove(): void {
    const followers = this.#isr.filter((id) => id !== this.#cluster!.nodeId)
    if (this.#progress !== null) this.#proofs.check(followers, this.#progress)
  }

  /** How often appends had been undone when the last one was accepted: for `isUndone`. */
  get undone(): number {
    return this.log.undone
  }

  /**
   * Whether an append that ended at `offset` was undone since, because the disk had no room to write it; `undone` is as it
   * was when that was accepted. For the end of the turn and later.
   */
  isUndone(offset: number, undone: number): boolean {
    return this.log.isUndone(offset, undone)
  }

  /** What was accepted in this turn is not in the log: whoever waits for it is told. */
  #noteUndone(): void {
    const end = this.log.undoneTo(this.#undone)
    this.#undone = this.log.undone
    this.#committed.failAbove(end, errors.NOT_ENOUGH_REPLICAS.code)
    this.#flushed.failAbove(end, errors.NOT_ENOUGH_REPLICAS.code)
    // Whoever follows the log learns that some of it is not there.
    this.#fetches.wakeReaders()
  }

  /** Wakes `wait` whenever there may be more to read, until it is removed. */
  addFetch(wait: FetchWait): void {
    this.#fetches.add(wait)
  }

  /** The same for a follower, which reads to the log's end. */
  addFollowerFetch(wait: FollowerFetchWait): void {
    this.#fetches.addFollower(wait)
    if (this.#proofs.size > 0) wait.hurry()
  }

  removeFetch(wait: FetchWait): void {
    this.#fetches.remove(wait)
  }

  /** Answers and fetches that wait on this partition. */
  get waiting(): number {
    return this.#committed.size + this.#flushed.size + this.#deleted.size + this.#fetches.size
  }

  /** End of the turn: what was appended in it is written, once. */
  endTurn(): void {
    this.#writing = false
    if (this.#offlineCode !== 0) return
    try {
      this.log.write()
    } catch (error) {
      this.#events.failed(this, error as Error)
      return
    }
    if (this.log.undone !== this.#undone) this.#noteUndone()
    this.#events.dirty(this)
    if (!this.isFlushSynchronous) this.#moved(this.log.endOffset)
    this.#fetches.wakeFollowers()
  }

  /** All below the log's flushed offset is durable. */
  flushed(): void {
    if (this.#offlineCode !== 0) return
    if (this.#flushed.size > 0) this.#flushed.reach(this.log.flushedOffset)
    if (this.isFlushSynchronous) this.#moved(this.log.flushedOffset)
  }

  /** The log's start moved or records went: readers look again. */
  changed(): void {
    this.#fetches.wakeReaders()
    this.#fetches.wakeFollowers()
    this.#recountStarts()
  }

  /** The log is gone (its disk failed, its topic was deleted): everything that waits is told. */
  close(errorCode: number): void {
    if (this.#offlineCode !== 0) return
    this.#offlineCode = errorCode
    this.#committed.fail(errorCode)
    this.#flushed.fail(errorCode)
    this.#deleted.fail(errorCode)
    this.#proofs.fail(errorCode)
    this.changed()
  }

  /** All below `offset` is safe here: written, and flushed where that is waited for. */
  #moved(offset: number): void {
    this.#ownOffset = offset
    if (this.#progress === null) this.#advance(offset)
    else this.#recount()
  }

  /** What is on all that count may be more now. */
  #recount(): void {
    if (this.#offlineCode !== 0) return
    if (this.#progress === null) this.#advance(this.#ownOffset)
    else if (this.hasMinInsyncReplicas && !this.#hasEligible)
      this.#advance(this.#progress.commonOffset(this.#ownOffset))
  }

  #advance(offset: number): void {
    if (offset <= this.#highWatermark) return
    this.#highWatermark = offset
    if (this.#committed.size > 0) this.#committed.reach(offset)
    this.#fetches.wakeReaders()
    if (this.#cluster?.servesFromFollowers?.() === true) this.#fetches.wakeFollowers()
  }
}

function notAppended(errorCode: number): AppendResult {
  return { errorCode, baseOffset: -1, lastOffset: -1, logAppendTime: -1, duplicate: false }
}

class Reached implements TurnTask {
  readonly #wait: OffsetWait
  readonly #errorCode: number

  constructor(wait: OffsetWait, errorCode: number) {
    this.#wait = wait
    this.#errorCode = errorCode
  }

  endTurn(): void {
    this.#wait.reached(this.#errorCode)
  }
}
