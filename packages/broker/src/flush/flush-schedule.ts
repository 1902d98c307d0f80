/**
 * When logs are made durable.
 *
 *   flush.mode=sync    at the end of each turn in which a log was appended to; acknowledgements wait for it, and appends
 *                      that come while a sync is in flight share the next one
 *   flush.mode=async   `log.flush.interval.ms` after a log became dirty, or as soon as `flush.dirty.bytes` of it are:
 *                      nobody waits, but little is lost when the machine fails, and no sync has so much to write that
 *                      appends stall behind it
 */
import type { Clock, Timer, Timers } from '../host/clock.ts'
import { LatencyHistograms } from '../metering/latency-histograms.ts'
import type { Log } from '../storage/log.ts'

/** Async flushes at the same time; more would only queue up in front of the disk and delay reads. */
const FLUSHES_IN_FLIGHT_MAX = 16

export interface FlushScheduleOptions {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly timers: Timers
  /** `log.flush.interval.ms` */
  readonly intervalMs: number
  /** `flush.dirty.bytes` */
  readonly dirtyBytesMax: number
  /** All that `log` had when it was flushed is durable: `flushedOffset` has moved. */
  readonly flushed: (log: Log) => void
  /** A sync failed; it is not tried again. */
  readonly failed: (log: Log, error: Error) => void
}

export class FlushSchedule {
  readonly #options: FlushScheduleOptions
  /** Async logs with bytes that wait for the interval. */
  readonly #dirty = new Set<Log>()
  /** Of those, the ones whose time has come, in order. */
  readonly #due = new Set<Log>()
  /** One row: from the call to its answer, failures included. */
  readonly latency = new LatencyHistograms(1)
  #timer: Timer | null = null
  #inFlight = 0
  #closed = false

  constructor(options: FlushScheduleOptions) {
    this.#options = options
  }

  /** `log` was written to in this turn. */
  dirtied(log: Log): void {
    if (this.#closed) return
    if (log.config['flush.mode'] === 'sync') {
      const begunAt = this.#options.clock.monotonic()
      log.flush((error) => this.#done(log, begunAt, error))
      return
    }
    if (log.dirtyBytes >= this.#options.dirtyBytesMax) {
      this.#due.add(log)
      this.#flushDue()
      return
    }
    this.#dirty.add(log)
    this.#timer ??= this.#options.timers.after(this.#options.intervalMs, () => {
      this.#timer = null
      for (const dirty of this.#dirty) this.#due.add(dirty)
      this.#dirty.clear()
      this.#flushDue()
    })
  }

  /** Stops flushing; what is dirty is made durable when its log is closed. */
  close(): void {
    this.#closed = true
    this.#timer?.cancel()
    this.#dirty.clear()
    this.#due.clear()
  }

  #flushDue(): void {
    for (const log of this.#due) {
      if (this.#inFlight >= FLUSHES_IN_FLIGHT_MAX) return
      this.#due.delete(log)
      this.#dirty.delete(log)
      this.#inFlight++
      const begunAt = this.#options.clock.monotonic()
      log.flush((error) => {
        this.#inFlight--
        this.#done(log, begunAt, error)
        this.#flushDue()
      })
    }
  }

  #done(log: Log, begunAt: number, error: Error | null): void {
    this.latency.record(0, this.#options.clock.monotonic() - begunAt)
    if (this.#closed) return
    if (error === null) this.#options.flushed(log)
    else this.#options.failed(log, error)
  }
}
