import type { RecordCursor } from '@odradek/protocol'
import { decodersOf } from '../decoders/offsets-record.ts'
import { SchemaWanted } from '../decoders/schemas.ts'
import { RecordFilter } from '../filter/record-filter.ts'
import { type MessageRow, rowOf } from '../message-row.ts'
import type { FetchedPartition } from './fetch-batches.ts'
import type { MessageSource } from './message-source.ts'
import { type PartitionRange, resumeToken, type ScanEnd, type ScanProgress, type ScanRequest } from './scan-request.ts'
import { turn } from './turn.ts'
import { BatchWalk, WalkCounts } from './walk-batches.ts'

/** Who takes what a scan finds. `rows` may make the scan wait. */
export interface ScanSink {
  rows(rows: MessageRow[]): void | Promise<void>
  progress(progress: ScanProgress): void
  /** Asked of each record that the filter lets pass, before it counts as a match: false leaves it out. */
  wants?(record: RecordCursor, partition: number): boolean
  /** Told of each match while it is in its batch, before its row is made. */
  look?(record: RecordCursor): void
}

/** What is left of a partition: from `at` up to `end` where the scan goes forward, from `start` up to `at` where back. */
export interface PartitionCursor {
  readonly partition: number
  start: number
  end: number
}

const NOTES_MAX = 20
/** Other work of the thread waits no longer: messages that stop a scan, other scans. */
const TURN_MS = 20

/** What forward and backward scans share: the filter, the counts, and evaluating what was fetched. */
export class ScanState {
  readonly request: ScanRequest
  readonly source: MessageSource
  readonly sink: ScanSink
  readonly signal: AbortSignal
  readonly filter: RecordFilter
  readonly counts = new WalkCounts()
  readonly cursors: PartitionCursor[]
  readonly isolation: 0 | 1
  scanned = 0
  matched = 0
  bytes = 0
  offsetsRead = 0
  readonly #offsetsTotal: number
  readonly #backward: boolean
  readonly #startedAt = performance.now()

  constructor(
    request: ScanRequest,
    source: MessageSource,
    sink: ScanSink,
    signal: AbortSignal,
    ranges: readonly PartitionRange[],
    offsetsTotal: number | null,
  ) {
    this.request = { ...request, decoders: decodersOf(request.topic, request.decoders) }
    this.source = source
    this.sink = sink
    this.signal = signal
    this.filter = new RecordFilter(request.filter, this.request.decoders, source.schemas)
    this.cursors = ranges.map((range) => ({ ...range }))
    this.isolation = request.readCommitted ? 1 : 0
    this.#backward = request.from.kind === 'newest'
    const left = ranges.reduce((sum, { start, end }) => sum + end - start, 0)
    this.#offsetsTotal = offsetsTotal ?? left
    this.offsetsRead = this.#offsetsTotal - left
    this.#offsetsBefore = this.offsetsRead
  }
  readonly #offsetsBefore: number

  get isFull(): boolean {
    return this.matched >= this.request.limit
  }

  note(text: string): void {
    if (this.counts.notes.length < NOTES_MAX && !this.counts.notes.includes(text)) this.counts.notes.push(text)
  }

  /**
   * Walks what was fetched of a partition from `from` up to `upTo` and gives each match to `take`, which says whether to go
   * on. Returns the offset that was reached: `upTo`, unless `take` or the signal ended it. Lets other work have its turn now
   * and then, however slow the filter is. Loads the schemas that turn out to be needed.
   */
  async evaluate(
    fetched: FetchedPartition,
    from: number,
    upTo: number,
    take: (cursor: RecordCursor) => boolean,
  ): Promise<number> {
    const { topic, readCommitted, from: since, to } = this.request
    const { schemas } = this.source
    const earliest = since.kind === 'time' ? since.timestamp : Number.NEGATIVE_INFINITY
    const latest = to.kind === 'time' ? to.timestamp : Number.POSITIVE_INFINITY
    let turnAt = performance.now() + TURN_MS
    let isDue = false
    const visit = (cursor: RecordCursor): boolean => {
      if (cursor.timestamp < earliest || cursor.timestamp >= latest) {
        this.scanned++
        return true
      }
      const goOn =
        !this.filter.matches(cursor, topic, fetched.partition) ||
        this.sink.wants?.(cursor, fetched.partition) === false ||
        take(cursor)
      this.scanned++
      if (!goOn) return false
      isDue = (this.scanned & 15) === 0 && performance.now() > turnAt
      return !isDue
    }
    const walk = new BatchWalk(this.counts)
    for (let at = from; ; ) {
      try {
        isDue = false
        if (walk.run(fetched, at, upTo, readCommitted, visit)) return upTo
        if (!isDue) return walk.reached
        at = walk.reached
        await turn()
        if (this.signal.aborted) return at
        turnAt = performance.now() + TURN_MS
      } catch (error) {
        if (!(error instanceof SchemaWanted)) throw error
        at = walk.reached
        await schemas.load(error.id)
      }
    }
  }

  row(cursor: RecordCursor, partition: number): MessageRow {
    this.sink.look?.(cursor)
    const { decoders, whole } = this.request
    return rowOf(cursor, partition, decoders, this.source.schemas, whole)
  }

  progress(end: ScanEnd | null, failure: string | null = null, isAway = false): ScanProgress {
    const { scanned, counts, offsetsRead } = this
    return {
      scanned,
      matched: this.matched,
      bytes: this.bytes,
      elapsedMs: Math.round(performance.now() - this.#startedAt),
      offsetsRead,
      offsetsTotal: this.#offsetsTotal,
      undecided: this.filter.undecided,
      undecidedReason: this.filter.firstProblem,
      markers: counts.markers,
      rolledBack: counts.rolledBack,
      gone: Math.max(0, offsetsRead - this.#offsetsBefore - scanned - counts.markers - counts.rolledBack),
      notes: [...counts.notes],
      ranges: this.cursors.map(({ partition, start, end }) => ({ partition, start, end })),
      end,
      failure,
      isAway,
      resume: resumeToken(this.#backward, this.cursors, this.#offsetsTotal),
    }
  }
}
