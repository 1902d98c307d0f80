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
import type { Turn, TurnTask } from '../host/turn.ts'
import { hasIntake } from '../metadata/intake-topic.ts'
import type { AppendResult, Log } from '../storage/log.ts'
import { divergenceFrom } from './divergence.ts'
import { type FetchWait, FetchWaits, type FollowerFetchWait } from './fetch-waits.ts'
import type { FollowerProgress } from './follower-progress.ts'
import { type ClusterView, InSyncReplicas, type ReplicaSets } from './in-sync-replicas.ts'
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

/** Who leads, and who has replicas, as the metadata says. */
export interface Leading extends ReplicaSets {
  readonly leaderEpoch: number
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
  readonly #replicas: InSyncReplicas
  readonly #committed = new OffsetWaits()
  /** Waits for this replica's own flushes, where the high watermark waits for more. */
  readonly #flushed = new OffsetWaits()
  /** Waits until the start of the log has moved on all replicas that can be used. */
  readonly #deleted = new OffsetWaits()
  readonly #fetches = new FetchWaits()
  readonly #proofs = new LeadershipProofs()
  #leaderEpoch: number
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
    this.#epochStart = log.endOffset
    this.#replicas = new InSyncReplicas(this.#cluster, leading, log.endOffset)
    // What was undone before, when this broker followed, is nobody's here.
    this.#undone = log.undone
    // What an unclean stop left in the log was perhaps never flushed: a topic that waits for the disk waits for it here too.
    this.#ownOffset = this.isFlushSynchronous ? Math.max(log.startOffset, log.flushedOffset) : log.endOffset
    const committed = leading.replicas.length > 1 ? (options.highWatermark ?? 0) : log.endOffset
    this.#highWatermark = Math.min(Math.max(log.startOffset, committed), this.#ownOffset)
    this.#recount()
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch
  }

  /** Rises with every change of what the metadata says of it. */
  get partitionEpoch(): number {
    return this.#replicas.sets.partitionEpoch
  }

  get isr(): readonly number[] {
    return this.#replicas.sets.isr
  }

  get replicas(): readonly number[] {
    return this.#replicas.sets.replicas
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
    return this.#replicas.followers === null || this.#highWatermark >= this.#epochStart
  }

  /** What is known of the followers; null where there are none. */
  get followers(): FollowerProgress | null {
    return this.#replicas.followers
  }

  /** Whether acks=all can be promised now. */
  get hasMinInsyncReplicas(): boolean {
    return this.#replicas.hasMin(this.log.config['min.insync.replicas'])
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
  lead(leading: Leading): void {
    if (leading.leaderEpoch > this.#leaderEpoch) {
      this.#leaderEpoch = leading.leaderEpoch
      this.log.assignEpoch(leading.leaderEpoch)
    }
    // Who leaves may come in again when it asks: it may have asked already, when it was in sync.
    if (this.isr.some((id) => !leading.isr.includes(id))) this.#fetches.hurryFollowers()
    this.#replicas.follow(leading)
    this.#recount()
    this.#recountStarts()
    if (!this.hasMinInsyncReplicas) this.#committed.failInSync(errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND.code)
    this.prove()
  }

  /** Where the history of a follower's log, which ends at `offset` with a batch of `epoch`, parts from this one. */
  divergence(epoch: number, offset: number): { epoch: number; endOffset: number } | null {
    return divergenceFrom(this.log, epoch, offset)
  }

  /**
   * A follower, whose log begins at `startOffset`, asks for `offset`: it has all below that, of the same history. `connection`
   * is what it asked over, on which it sends nothing more before it is answered.
   */
  askedBy(id: number, brokerEpoch: number, offset: number, startOffset: number, connection: object): void {
    const replicas = this.#replicas
    if (replicas.followers === null || this.#offlineCode !== 0) return
    if (replicas.asked(id, brokerEpoch, offset, startOffset, this.log.endOffset)) this.#recount()
    this.#recountStarts()
    if (this.#proofs.size > 0) {
      this.#proofs.asked(id, connection)
      this.prove()
    }
    this.#alterIsr(replicas.withComer(id, this.#highWatermark))
  }

  /**
   * A broker's registration is another, or is gone: what it had may be lost with it. What it has it says when it asks, and
   * the poll that it began under its old registration may last for seconds yet.
   */
  brokerMoved(id: number): void {
    this.#replicas.followers?.forget(id)
    this.#recountStarts()
    this.#fetches.hurryFollowers()
  }

  /** Looks for in-sync replicas that have lagged for longer than `lagMs`: they are to leave. */
  checkLag(lagMs: number): void {
    if (this.#offlineCode === 0) this.#alterIsr(this.#replicas.withoutLaggards(this.log.endOffset, lagMs))
  }

  /** What `isrFound` asked for is decided; see InSyncReplicas. */
  isrDecided(errorCode: number): void {
    this.#replicas.decided(errorCode)
    this.#recount()
    this.prove()
  }

  #alterIsr(isr: readonly number[] | null): void {
    if (isr !== null) this.#events.isrFound(this, isr)
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
    // Where no turn's end will say so: whoever is accepted later must not be taken for one who was undone.
    if (!this.#writing && this.log.undone !== this.#undone) this.#noteUndone()
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

  /**
   * Ends `wait` once the high watermark is at least `offset`: at the end of this turn at the earliest. One that needs enough
   * replicas in sync does not begin to wait while they are too few.
   */
  waitFor(offset: number, wait: OffsetWait): void {
    if (this.#offlineCode !== 0) this.#turn.defer('answer', new Reached(wait, this.#offlineCode))
    else if (offset <= this.#highWatermark) this.#turn.defer('answer', new Reached(wait, 0))
    else if (wait.needsInSync === true && !this.hasMinInsyncReplicas)
      this.#turn.defer('answer', new Reached(wait, errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND.code))
    else this.#committed.add(offset, wait)
  }

  /** The same for what must be durable on this broker alone. */
  waitForFlush(offset: number, wait: OffsetWait): void {
    if (this.#replicas.followers === null) this.waitFor(offset, wait)
    else if (this.#offlineCode !== 0) this.#turn.defer('answer', new Reached(wait, this.#offlineCode))
    else if (!this.isFlushSynchronous || offset <= this.log.flushedOffset)
      this.#turn.defer('answer', new Reached(wait, 0))
    else this.#flushed.add(offset, wait)
  }

  /** Nothing below it is left on any replica that can be used. */
  get lowWatermark(): number {
    return this.#replicas.lowWatermark(this.log.startOffset)
  }

  /** Ends `wait` once nothing below `offset` is left on any replica that can be used: at the end of this turn at the earliest. */
  waitForDeletion(offset: number, wait: OffsetWait): void {
    if (this.#offlineCode !== 0) this.#turn.defer('answer', new Reached(wait, this.#offlineCode))
    else if (offset <= this.lowWatermark) this.#turn.defer('answer', new Reached(wait, 0))
    else this.#deleted.add(offset, wait)
  }

  /** `wait` was given up. */
  removeDeletion(wait: OffsetWait): void {
    this.#deleted.remove(wait)
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
    else if (this.#replicas.followers === null) this.#turn.defer('answer', new Reached(wait, 0))
    else {
      this.#proofs.add(wait)
      this.prove()
      this.#fetches.hurryFollowers()
    }
  }

  /** `wait` for a proof was given up, where it still waits. */
  removeProof(wait: OffsetWait): void {
    this.#proofs.remove(wait)
  }

  /** Who lives is known anew, and what the metadata says beside it. */
  brokersKnown(): void {
    if (this.#replicas.forgetGoneComers()) this.#recount()
    this.prove()
  }

  /** Whether another may have been elected while this broker's lease had ended, with records that are not here. */
  get mayBeReplaced(): boolean {
    return this.replicas.length > 1 && this.#cluster?.isCertainlyAlive() === false
  }

  /** Looks whether it is certain by now that this broker leads: who may have been elected in its place may be others. */
  prove(): void {
    if (this.#proofs.size > 0) this.#proofs.check(this.#replicas.followersThatMayLead)
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

  /** End of the turn: what was appended in it is written, once, or kept for the journal. */
  endTurn(): void {
    this.#writing = false
    if (this.#offlineCode !== 0) return
    try {
      this.log.endTurn()
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
    this.#recount()
  }

  /** What is on all that count may be more now. */
  #recount(): void {
    if (this.#offlineCode !== 0) return
    this.#advance(this.#replicas.committable(this.#ownOffset, this.log.config['min.insync.replicas']))
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
