/**
 * When logs are made durable.
 *
 *   sync    (`flush.mode=sync`, `flush.messages=1`) at the end of each turn in which a log was appended to. Acknowledgements
 *           wait for it; what comes while a log's flush is in flight waits for the next one, and shares it.
 *   async   `flush.interval.ms` (`flush.ms` of the topic) after a log became dirty, or as soon as `flush.messages` of it are:
 *           nobody waits, but little is lost when the machine fails. Every `flush.dirty.bytes` are sent on their way to the
 *           device as they come, so that no sync has so much to write that appends stall behind it; with FLUSHED_STEPS times
 *           as many the log is flushed before its time. Where the system cannot send them, it is with every one.
 *
 * A sync of a file waits for its data, then for its inode, then for the device's cache, and looks at pages that are still
 * written to; sending a range on its way does none of that. By a program in C 4 MiB at a time cost 0.087 CPU s/GB as syncs, 0.064
 * as ranges with a sync for every fourth, 0.06 of it by the byte (in between: 0.072 as syncs of 16 MiB).
 *
 * A flush is paid per file. In sync mode several logs with small writes are made durable by one sync of their directory's
 * journal (storage/journal.ts) instead:
 *
 *     dirty at the end of a turn          other flushes in flight      then
 *     one log                             none                         its own flush
 *     one log                             some                         the journal
 *     several, JOURNALED_BYTES_MAX each   any                          the journal
 *     several, more than that each        any                          their own flushes
 *
 * While the journal is being synced what comes waits for its next round. Logs that it holds are flushed later, as in async
 * mode, and at the latest when it begins its next file.
 *
 * The rule is measured (two cores, virtual disk, medians): own flushes side by side against one round of the journal take
 * 0.29 and 0.22 ms for 2 logs with 4 KiB each, 1.36 and 0.38 for 16, 7.7 and 1.0 for 100; with 64 KiB each 2.5 and 1.4 for
 * 16, 17.5 and 16.3 for 100; with 256 KiB the journal, which writes all of it twice, takes longer: 5.0 and 9.7 for 16.
 */
import type { Clock, Timers } from '../host/clock.ts'
import type { Turn, TurnTask } from '../host/turn.ts'
import { LatencyHistograms } from '../metering/latency-histograms.ts'
import { type Journal, ROUND_BYTES_MAX } from '../storage/journal.ts'
import type { Log } from '../storage/log.ts'
import type { JournalRange } from '../storage/log-flush.ts'
import { DirtyLogs } from './dirty-logs.ts'

/** Flushes that nobody waits for at the same time; more would only queue up in front of the disk and delay others. */
const FLUSHES_IN_FLIGHT_MAX = 8
/** How many times `flush.dirty.bytes` are written at most without a flush. */
const FLUSHED_STEPS = 4
/** Of a round of the journal, per log. */
const JOURNALED_BYTES_MAX = 64 * 1024
/** Until a log that the journal holds is flushed itself. */
const JOURNALED_FLUSH_MS = 10_000

export interface FlushScheduleOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly timers: Timers
  readonly turn: Turn
  /** `flush.interval.ms` */
  readonly intervalMs: () => number
  /** `flush.dirty.bytes`: how many are written at most before they are sent to the device. */
  readonly dirtyBytesMax: () => number
  /** `flushedOffset` of `log` has moved. */
  readonly flushed: (log: Log) => void
  /** A sync failed; it is not tried again. */
  readonly failed: (log: Log, error: Error) => void
}

export class FlushSchedule implements TurnTask {
  readonly #options: FlushScheduleOptions
  /** Logs with bytes that wait for their interval. */
  readonly #dirty: DirtyLogs
  /** Of those, the ones whose time has come, in order. */
  readonly #due = new Set<Log>()
  /** Those that are being flushed because of that. */
  readonly #inFlight = new Set<Log>()
  /** Those of which a part is being sent to the device. */
  readonly #writingBack = new Set<Log>()
  /** Logs with bytes for whose being durable somebody waits, and that no flush in flight covers. */
  readonly #awaited = new Set<Log>()
  /** Of those, the ones that came in this turn: the others wait for a flush in flight, whose end looks at them. */
  #arrived = new Set<Log>()
  /** Logs whose flush in flight somebody waits for. */
  readonly #flushing = new Set<Log>()
  /** One row: from the call to its answer, failures included; a round of the journal counts as one. */
  readonly latency = new LatencyHistograms(1)
  #isDeferred = false
  #closed = false

  constructor(options: FlushScheduleOptions) {
    this.#options = options
    this.#dirty = new DirtyLogs(options.timers, (log) => this.#flushLater(log))
  }

  /** `log` was written to in this turn, or its configuration is another. */
  dirtied(log: Log): void {
    if (this.#closed || log.failed !== null) return
    if (log.isFlushSynchronous) {
      if (log.flushedOffset < log.endOffset) this.#await(log)
      return
    }
    const dirtyBytesMax = this.#options.dirtyBytesMax()
    const isDue = log.dirtyBytes >= FLUSHED_STEPS * dirtyBytesMax || log.dirtyRecords >= log.config['flush.messages']
    if (isDue || (log.waitingBytes >= dirtyBytesMax && !this.#writeBack(log))) this.#flushLater(log)
    else this.#dirty.add(log, Math.min(this.#options.intervalMs(), log.config['flush.ms']))
  }

  /** End of the turn, after all logs were written. */
  endTurn(): void {
    this.#isDeferred = false
    const arrived = this.#arrived
    this.#arrived = new Set()
    this.#flushAwaited(arrived)
  }

  /** Stops flushing; what is dirty is made durable when its log is closed. */
  close(): void {
    this.#closed = true
    this.#dirty.close()
    this.#due.clear()
    this.#awaited.clear()
    this.#arrived.clear()
  }

  #await(log: Log): void {
    if (this.#awaited.has(log)) return
    this.#awaited.add(log)
    this.#arrived.add(log)
    if (this.#isDeferred) return
    this.#isDeferred = true
    this.#options.turn.defer('write', this)
  }

  /** Flushes those of `candidates` that are awaited, and whose flush or journal is not under way. */
  #flushAwaited(candidates: Iterable<Log> = this.#awaited): void {
    const byJournal = new Map<Journal | null, Log[]>()
    for (const log of candidates) {
      if (!this.#awaited.has(log)) continue
      const { journal, failed } = log
      // A flush may have covered it that was begun for others.
      if (failed !== null || log.flushedOffset >= log.endOffset) this.#awaited.delete(log)
      else if (!this.#flushing.has(log) && !journal?.isWriting) {
        const logs = byJournal.get(journal)
        if (logs === undefined) byJournal.set(journal, [log])
        else logs.push(log)
      }
    }
    for (const [journal, logs] of byJournal) {
      const isAlone = logs.length === 1 && this.#flushing.size === 0
      if (journal === null || isAlone || !journal.hasRoom(0, logs.length)) for (const log of logs) this.#flush(log)
      else this.#journalize(journal, logs)
    }
  }

  /** Makes logs durable by the journal, those that it can take and that are small; the others by themselves. */
  #journalize(journal: Journal, logs: readonly Log[]): void {
    const taken: Log[] = []
    const ranges: JournalRange[] = []
    let bytes = 0
    for (const log of logs) {
      let range: JournalRange | null
      try {
        range = log.journalRange()
      } catch (error) {
        this.#options.failed(log, error as Error)
        continue
      }
      if (range === null || range.length > JOURNALED_BYTES_MAX) this.#flush(log)
      else if (bytes + range.length <= ROUND_BYTES_MAX) {
        taken.push(log)
        ranges.push(range)
        bytes += range.length
      }
    }
    // The end of a flush that failed at once may have begun a round: what that did not take waits for its end.
    if (taken.length === 0 || journal.isWriting) return
    if (!journal.hasRoom(bytes, taken.length) || !this.#writeJournal(journal, taken, ranges))
      for (const log of taken) this.#flush(log)
  }

  #writeJournal(journal: Journal, logs: readonly Log[], ranges: readonly JournalRange[]): boolean {
    const begunAt = this.#options.clock.monotonic()
    let isWritten: boolean
    try {
      isWritten = journal.write(logs, ranges, (error) => this.#journaled(journal, logs, ranges, begunAt, error))
    } catch (error) {
      for (const log of logs) this.#options.failed(log, error as Error)
      return true
    }
    if (!isWritten) return false
    for (let at = 0; at < logs.length; at++) {
      const log = logs[at]!
      this.#awaited.delete(log)
      log.journaling(ranges[at]!)
    }
    return true
  }

  #journaled(
    journal: Journal,
    logs: readonly Log[],
    ranges: readonly JournalRange[],
    begunAt: number,
    error: Error | null,
  ): void {
    this.latency.record(0, this.#options.clock.monotonic() - begunAt)
    if (this.#closed) return
    if (error === null) {
      for (let at = 0; at < logs.length; at++) logs[at]!.journaled(ranges[at]!)
      // The disk has the next round while those who waited for this one are told.
      this.#flushAwaited()
    }
    const dirtyBytesMax = this.#options.dirtyBytesMax()
    for (const log of logs) {
      this.#ended(log, error)
      if (log.failed !== null) continue
      if (log.dirtyBytes >= dirtyBytesMax) this.#flushLater(log)
      else this.#dirty.add(log, JOURNALED_FLUSH_MS)
    }
    for (const log of journal.takeLaggards()) this.#flushLater(log as Log)
    if (error !== null) this.#flushAwaited()
  }

  /** Flushes a log at once: somebody waits for it. */
  #flush(log: Log): void {
    this.#awaited.delete(log)
    this.#due.delete(log)
    this.#dirty.delete(log)
    this.#flushing.add(log)
    const begunAt = this.#options.clock.monotonic()
    log.flush((error) => {
      this.#flushing.delete(log)
      this.#done(log, begunAt, error)
      if (this.#awaited.size > 0) this.#flushAwaited()
    })
  }

  /** Sends what came to the device, if not too much is under way; false where only a flush can. */
  #writeBack(log: Log): boolean {
    if (this.#writingBack.has(log) || this.#writingBack.size + this.#inFlight.size >= FLUSHES_IN_FLIGHT_MAX) return true
    const begun = log.startWriteback((error) => {
      this.#writingBack.delete(log)
      if (error === null || this.#closed) return
      this.#due.delete(log)
      this.#dirty.delete(log)
      this.#options.failed(log, error)
    })
    if (begun === 'begun') this.#writingBack.add(log)
    return begun !== 'unknown'
  }

  /** Flushes a log as soon as there are not too many under way. */
  #flushLater(log: Log): void {
    this.#due.add(log)
    this.#flushDue()
  }

  #flushDue(): void {
    for (const log of this.#due) {
      if (this.#inFlight.size >= FLUSHES_IN_FLIGHT_MAX) return
      // Its turn comes when that ends: a log whose disk is slow is not to take the places of others.
      if (this.#inFlight.has(log)) continue
      this.#due.delete(log)
      this.#dirty.delete(log)
      // That flushes it, and until then it is not to take the place of others.
      if (log.isCutting) continue
      this.#inFlight.add(log)
      const begunAt = this.#options.clock.monotonic()
      log.flush((error) => {
        this.#inFlight.delete(log)
        this.#done(log, begunAt, error)
        this.#flushDue()
      })
    }
  }

  #done(log: Log, begunAt: number, error: Error | null): void {
    this.latency.record(0, this.#options.clock.monotonic() - begunAt)
    if (this.#closed) return
    log.journal?.trim()
    this.#ended(log, error)
  }

  #ended(log: Log, error: Error | null): void {
    if (error === null) this.#options.flushed(log)
    else this.#options.failed(log, error)
  }
}
