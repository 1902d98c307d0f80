/**
 * A partition that this broker leads: its log, the high watermark, and what waits for it.
 *
 *   append ──▶ staged in the log ──end of turn──▶ written ──▶ (sync mode: flushed) ──▶ high watermark ──▶ answers, fetches
 *
 * Nothing above the high watermark is ever read by a client. With one replica it follows the log's end as soon as that is
 * written (`flush.mode=async`) or flushed (`sync`).
 */
import type { TopicConfig } from '@odradek/config'
import { type BatchHeader, errors, type Slice } from '@odradek/protocol'
import type { DiskGauge } from '../cleanup/disk-gauge.ts'
import type { Turn, TurnTask } from '../host/turn.ts'
import { hasIntake } from '../metadata/intake-topic.ts'
import type { AppendResult, Log } from '../storage/log.ts'
import { type OffsetWait, OffsetWaits } from './offset-waits.ts'

/** A fetch (or another reader) that waits for records. `wake` may be called more often than there is news. */
export interface FetchWait {
  wake(): void
}

/** What a partition tells the broker about: both ends of its life with the disk. */
export interface PartitionEvents {
  /** The log has unflushed bytes it did not have at the turn's start. */
  dirty(partition: Partition): void
  /** Writing failed: the log directory must go offline. */
  failed(partition: Partition, error: Error): void
}

export class Partition implements TurnTask {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly log: Log
  /** How full its disk is; null where nobody looks. */
  readonly gauge: DiskGauge | null
  readonly #turn: Turn
  readonly #events: PartitionEvents
  readonly #committed = new OffsetWaits()
  readonly #fetches = new Set<FetchWait>()
  #leaderEpoch: number
  #replicas: readonly number[]
  #isr: readonly number[]
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
    leaderEpoch: number
    replicas: readonly number[]
    isr: readonly number[]
    gauge?: DiskGauge | null
    turn: Turn
    events: PartitionEvents
  }) {
    this.topic = options.topic
    this.topicId = options.topicId
    this.index = options.index
    this.log = options.log
    this.gauge = options.gauge ?? null
    this.#leaderEpoch = options.leaderEpoch
    this.#replicas = options.replicas
    this.#isr = options.isr
    this.#turn = options.turn
    this.#events = options.events
    const { log } = options
    this.hasIntake = hasIntake(log.config['message.type'])
    // What an unclean stop left in the log was perhaps never flushed: a topic that waits for the disk waits for it here too.
    this.#highWatermark = this.isFlushSynchronous ? Math.max(log.startOffset, log.flushedOffset) : log.endOffset
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch
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

  /** Whether acks=all can be promised now. */
  get hasMinInsyncReplicas(): boolean {
    return this.#isr.length >= Math.min(this.log.config['min.insync.replicas'], this.#replicas.length)
  }

  /** Takes over the topic's configuration. */
  configure(config: TopicConfig): void {
    this.log.configure(config)
    this.hasIntake = hasIntake(config['message.type'])
    // A topic that no longer waits for the disk shows what it had held back.
    if (!this.isFlushSynchronous && !this.#writing && this.#offlineCode === 0) this.#advance(this.log.endOffset)
    // What is not flushed may be due sooner now.
    if (this.log.flushedOffset < this.log.endOffset && this.#offlineCode === 0) this.#events.dirty(this)
  }

  /** Follows the metadata: a new epoch of leadership, another ISR. */
  lead(leaderEpoch: number, replicas: readonly number[], isr: readonly number[]): void {
    if (leaderEpoch > this.#leaderEpoch) {
      this.#leaderEpoch = leaderEpoch
      this.log.assignEpoch(leaderEpoch)
    }
    this.#replicas = replicas
    this.#isr = isr
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
  }

  /** Wakes `wait` whenever there may be more to read, until it is removed. */
  addFetch(wait: FetchWait): void {
    this.#fetches.add(wait)
  }

  removeFetch(wait: FetchWait): void {
    this.#fetches.delete(wait)
  }

  /** Answers and fetches that wait on this partition. */
  get waiting(): number {
    return this.#committed.size + this.#fetches.size
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
    if (!this.isFlushSynchronous) this.#advance(this.log.endOffset)
  }

  /** All below the log's flushed offset is durable. */
  flushed(): void {
    if (this.isFlushSynchronous && this.#offlineCode === 0) this.#advance(this.log.flushedOffset)
  }

  /** The log's start moved or records went: readers look again. */
  changed(): void {
    for (const fetch of this.#fetches) fetch.wake()
  }

  /** The log is gone (its disk failed, its topic was deleted): everything that waits is told. */
  close(errorCode: number): void {
    if (this.#offlineCode !== 0) return
    this.#offlineCode = errorCode
    this.#committed.fail(errorCode)
    this.changed()
  }

  #advance(offset: number): void {
    if (offset <= this.#highWatermark) return
    this.#highWatermark = offset
    if (this.#committed.size > 0) this.#committed.reach(offset)
    this.changed()
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
