/**
 * A partition that another broker leads, and of which this one keeps a replica. Batches are appended as the leader sent
 * them; what the leader does not have is cut, by epochs alone; high watermark and log start are the leader's.
 *
 *   answer ─▶ parted? cut, and asked for when that is durable │ records? append ─end of turn─▶ written ─▶ (sync mode: flushed) ─▶ asked for what is next
 *
 * That it asks for offset n tells the leader that all below n is here. So it asks only for what follows the end of what is
 * written, and in a topic that flushes before it acknowledges, of what is durable.
 */
import type { TopicConfig } from '@odradek/config'
import { CorruptBatchError, errors, type FetchResponse, type FileRange, type Slice } from '@odradek/protocol'
import type { Logger } from 'pino'
import type { DiskGauge } from '../cleanup/disk-gauge.ts'
import type { Turn, TurnTask } from '../host/turn.ts'
import { isNoRoom } from '../storage/disk-room.ts'
import type { Log } from '../storage/log.ts'
import { type FetchWait, FetchWaits } from './fetch-waits.ts'
import type { ReadableReplica } from './readable-replica.ts'
import { truncationPoint } from './truncation-point.ts'

/** After what may pass soon: the leader does not know yet that it leads, or this broker who does. */
const SHORT_PAUSE_MS = 50
/** After what takes longer to pass: a full disk, bytes that are not as they should be. */
const LONG_PAUSE_MS = 1_000

export interface FollowerEvents {
  /** The log has unflushed bytes it did not have at the turn's start. */
  dirty(log: Log): void
  /** Writing failed: the log directory must go offline, unless its disk is only full. */
  failed(replica: { readonly topic: string; readonly index: number; readonly log: Log }, error: Error): void
  /** The log was cut, durably, or could not be: after `pauseMs` it is to be asked for again. */
  cut(follower: Follower, pauseMs: number): void
}

/** Not to be asked for before `FollowerEvents.cut`. */
const UNTIL_CUT_MS = Number.POSITIVE_INFINITY

/** What a leader answered for one partition. */
export type FetchedPartition = FetchResponse['responses'][number]['partitions'][number]

export class Follower implements TurnTask, ReadableReplica {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly log: Log
  readonly gauge: DiskGauge | null
  readonly #turn: Turn
  readonly #events: FollowerEvents
  readonly #logger: Logger
  readonly #fetches = new FetchWaits()
  #leader: number
  #leaderEpoch: number
  #highWatermark: number
  /** The leader's, as it last told: what lies below may not be here yet. */
  #leaderHighWatermark = -1
  #writing = false
  #isCutting = false
  #offlineCode = 0
  /** As it was asked for last; -1 where it has not been, or must be asked for anew. */
  askedOffset = -1
  askedEpoch = -1
  /** Bytes of records in what was taken last. */
  tookBytes = 0

  constructor(options: {
    topic: string
    topicId: string
    index: number
    log: Log
    gauge: DiskGauge | null
    leader: number
    leaderEpoch: number
    /** All below it is known to be committed. */
    highWatermark: number
    turn: Turn
    events: FollowerEvents
    logger: Logger
  }) {
    this.topic = options.topic
    this.topicId = options.topicId
    this.index = options.index
    this.log = options.log
    this.gauge = options.gauge
    this.#leader = options.leader
    this.#leaderEpoch = options.leaderEpoch
    this.#turn = options.turn
    this.#events = options.events
    this.#logger = options.logger
    this.#highWatermark = Math.min(Math.max(options.highWatermark, this.log.startOffset), this.log.endOffset)
    if (this.log.failed !== null) this.#offlineCode = errors.KAFKA_STORAGE_ERROR.code
    // What was appended in this turn, when this broker led it still, is not written yet.
    else this.#writeLater()
  }

  /** Broker id, -1 for none. */
  get leader(): number {
    return this.#leader
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch
  }

  /** All below it is known to be committed. */
  get highWatermark(): number {
    return this.#highWatermark
  }

  /** How many committed records, counted by offsets, the leader has and this log does not, as far as is known; -1 without a log. */
  get offsetLag(): number {
    return this.log.failed === null ? Math.max(0, this.#leaderHighWatermark - this.log.endOffset) : -1
  }

  /** The end of committed records, as far as it is known here. */
  get lastStableOffset(): number {
    return this.log.lastStableOffset(this.#highWatermark)
  }

  /** Whether its log is being cut: nothing is to be appended, and it is not to be asked for. */
  get isCutting(): boolean {
    return this.#isCutting
  }

  /** 0 while it can be used. */
  get offlineCode(): number {
    return this.#offlineCode
  }

  /** The epoch of the last batch there is, -1 without any. */
  get lastEpoch(): number {
    return this.log.epochs.at(-1)?.epoch ?? -1
  }

  /** Whether what is there may be acknowledged: in a topic that waits for the disk, when it is durable. */
  get isAcknowledgeable(): boolean {
    const { log } = this
    return !log.isFlushSynchronous || log.flushedOffset >= log.endOffset
  }

  /** Takes over the topic's configuration. */
  configure(config: TopicConfig): void {
    this.log.configure(config)
    if (this.log.flushedOffset < this.log.endOffset && this.#offlineCode === 0) this.#events.dirty(this.log)
  }

  /** Follows the metadata: another leader, or the same in a new epoch. */
  follow(leader: number, leaderEpoch: number): void {
    if (leaderEpoch !== this.#leaderEpoch) this.#fetches.wakeReaders()
    this.#leader = leader
    this.#leaderEpoch = leaderEpoch
  }

  /** Nothing is appended any more: this broker leads the partition now, or has no replica of it any more. */
  close(errorCode: number): void {
    if (this.#offlineCode === 0) this.#offlineCode = errorCode
    this.#fetches.wakeReaders()
  }

  /** Wakes `wait` whenever there may be more to read, until it is removed. */
  addFetch(wait: FetchWait): void {
    this.#fetches.add(wait)
  }

  removeFetch(wait: FetchWait): void {
    this.#fetches.remove(wait)
  }

  /**
   * Takes what the leader answered to a request for what follows this log's end. Returns for how many milliseconds it is
   * not to be asked for again; 0: at once. Infinity: until its log is cut.
   */
  take(found: FetchedPartition): number {
    if (this.#offlineCode !== 0) return LONG_PAUSE_MS
    if (this.#isCutting) return UNTIL_CUT_MS
    try {
      return this.#take(found)
    } catch (error) {
      return this.#refused(error as Error)
    }
  }

  /** End of the turn: what was appended in it is written, once, or kept for the journal. */
  endTurn(): void {
    this.#writing = false
    if (this.log.failed !== null) return
    try {
      this.log.endTurn()
    } catch (error) {
      this.#events.failed(this, error as Error)
      return
    }
    this.#highWatermark = Math.min(this.#highWatermark, this.log.endOffset)
    if (this.log.flushedOffset < this.log.endOffset) this.#events.dirty(this.log)
  }

  #take(found: FetchedPartition): number {
    this.tookBytes = 0
    const { log } = this
    const { errorCode, divergingEpoch, records, logStartOffset = -1 } = found
    switch (errorCode) {
      case errors.NONE.code:
        break
      case errors.OFFSET_OUT_OF_RANGE.code:
        return this.#beginAnew(logStartOffset)
      case errors.FENCED_LEADER_EPOCH.code:
      case errors.UNKNOWN_LEADER_EPOCH.code:
      case errors.NOT_LEADER_OR_FOLLOWER.code:
      case errors.UNKNOWN_TOPIC_ID.code:
      case errors.UNKNOWN_TOPIC_OR_PARTITION.code:
        return SHORT_PAUSE_MS
      default:
        return LONG_PAUSE_MS
    }
    if (divergingEpoch !== undefined && (divergingEpoch.endOffset ?? -1) >= 0) {
      return this.#cut({ epoch: divergingEpoch.epoch ?? -1, endOffset: divergingEpoch.endOffset! })
    }
    const batches = borrowed(records)
    if (batches !== null && batches.end > batches.start) {
      if (this.gauge?.admits(batches.end - batches.start) === false) {
        // What the leader let go of makes room here too.
        this.#keepUpWith(found)
        return LONG_PAUSE_MS
      }
      this.#writeLater()
      log.appendReplicated(batches)
      this.tookBytes = batches.end - batches.start
    }
    this.#keepUpWith(found)
    return 0
  }

  /** What is committed, and where the log begins, is as at the leader, as far as it is here. */
  #keepUpWith({ highWatermark, logStartOffset = -1 }: FetchedPartition): void {
    const { log } = this
    this.#leaderHighWatermark = highWatermark
    const committed = Math.min(highWatermark, log.endOffset)
    if (committed > this.#highWatermark) {
      this.#highWatermark = committed
      this.#fetches.wakeReaders()
    }
    // What the leader let go of, but nothing that is not committed here.
    if (logStartOffset > log.startOffset) log.advanceStartOffset(Math.min(logStartOffset, this.#highWatermark))
  }

  /** The leader's history is another from some offset on. */
  #cut(leader: { epoch: number; endOffset: number }): number {
    const { log } = this
    const offset = truncationPoint(log.epochs, log.endOffset, leader)
    const facts = { topic: this.topic, partition: this.index, leader: this.#leader, from: log.endOffset, to: offset }
    if (offset < this.#highWatermark)
      this.#logger.warn(
        { ...facts, highWatermark: this.#highWatermark },
        'Records that were committed are cut from a replica, because the new leader does not have them.',
      )
    else this.#logger.info(facts, 'Records that the new leader does not have are cut from a replica.')
    return this.#untilCut((done) => {
      const endOffset = log.truncateLater(offset, done)
      this.#highWatermark = Math.min(this.#highWatermark, endOffset)
    })
  }

  /** The leader no longer has what follows this log's end: the replica begins where the leader's log does. */
  #beginAnew(logStartOffset: number): number {
    const { log } = this
    if (logStartOffset < 0) return LONG_PAUSE_MS
    this.#logger.info(
      { topic: this.topic, partition: this.index, from: log.endOffset, to: logStartOffset },
      'A replica begins anew where its leader begins: what it had last is gone there.',
    )
    return this.#untilCut((done) => log.truncateFullyLater(logStartOffset, done))
  }

  /** Begins a cut; returns for how long it is not to be asked for. */
  #untilCut(begin: (done: (error: Error | null) => void) => void): number {
    let isBegun = false
    let error: Error | null = null
    this.#isCutting = true
    try {
      begin((failure) => {
        this.#isCutting = false
        error = failure
        if (isBegun) this.#events.cut(this, this.#cutEnded(failure))
      })
    } catch (failure) {
      this.#isCutting = false
      throw failure
    }
    isBegun = true
    return this.#isCutting ? UNTIL_CUT_MS : this.#cutEnded(error)
  }

  #cutEnded(error: Error | null): number {
    if (this.#offlineCode !== 0) return LONG_PAUSE_MS
    // Also where there was no room for the last of it: what is above the log's end now is not committed.
    const { startOffset, endOffset, recoveryPoint, failed } = this.log
    this.#highWatermark = Math.max(startOffset, Math.min(this.#highWatermark, endOffset))
    if (error !== null) return this.#refused(error)
    // Flushes passed it over while it was cut.
    if (failed === null && recoveryPoint < endOffset) this.#events.dirty(this.log)
    return 0
  }

  #refused(error: Error): number {
    const facts = { topic: this.topic, partition: this.index, leader: this.#leader, err: error }
    if (error instanceof CorruptBatchError)
      this.#logger.warn(facts, 'A leader sent bytes that are no batches that follow; they are asked for again.')
    else if (!isNoRoom(error) || this.log.failed !== null) this.#events.failed(this, error)
    // What could not be cut for want of room is not durable any more.
    else if (this.log.flushedOffset < this.log.endOffset) this.#events.dirty(this.log)
    return LONG_PAUSE_MS
  }

  #writeLater(): void {
    if (this.#writing) return
    this.#writing = true
    this.#turn.defer('write', this)
  }
}

/** Records as they lie in an answer; null where there are none. */
function borrowed(records: Slice | FileRange | null): Slice | null {
  return records !== null && 'buffer' in records ? records : null
}
