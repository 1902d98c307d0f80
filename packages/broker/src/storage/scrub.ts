/**
 * Reading what is at rest: every closed segment once in `scrub.interval.hours`, one log after the other, the one whose turn was
 * longest ago first, no faster than `scrub.io.max.bytes.per.second` and beside the loop. Disks lose and change what nobody
 * reads; whoever finds out first should not be a consumer. What somebody asks for is read before what is due.
 *
 * What is found is read a second time before it is believed.
 */
import type { BrokerConfig } from '@odradek/config'
import type { Logger } from 'pino'
import type { Clock, Timer, Timers } from '../host/clock.ts'
import type { Disk } from '../host/disk.ts'
import type { Offload } from '../host/offload.ts'
import type { Damage } from './damage.ts'
import type { Log } from './log.ts'
import { job, type ScrubResult } from './scrub-job.ts'
import { ScrubRequest, type ScrubRequestState } from './scrub-request.ts'
import { ScrubTimes } from './scrub-times.ts'
import type { Segment } from './segment.ts'
import { fileName, LOG_SUFFIX } from './segment-files.ts'

/** How often it is looked whether a log is due. */
const CHECK_INTERVAL_MS = 60_000
/** Of one job: others wait for the worker meanwhile. */
const STRETCH_BYTES_MAX = 4 * 1024 * 1024
const HOUR_MS = 3_600_000
/** Others get the loop after so long: logs without a closed segment are done with at once, and there may be ten thousand. */
const SLICE_MS = 4
/** How often it is written, meanwhile, when logs were read. */
const WRITE_INTERVAL_MS = 10_000

export interface ScrubOptions {
  readonly clock: Clock
  readonly timers: Timers
  readonly offload: Offload
  readonly disk: Disk
  readonly logger: Logger
  readonly config: () => BrokerConfig
  readonly logs: () => Iterable<Log>
  /** A closed segment of `log` is damaged. */
  readonly damaged: (log: Log, damage: Damage) => void
}

/** What it does now. */
export interface ScrubState {
  readonly topic: string
  readonly partition: number
  readonly segment: string
  readonly position: number
  readonly sizeInBytes: number
}

export class Scrub {
  /** Since the start. */
  readBytes = 0
  segments = 0
  /** Damaged segments found. */
  found = 0
  /** Null while no log is read. */
  state: ScrubState | null = null
  readonly #options: ScrubOptions
  readonly #times: ScrubTimes
  #request: ScrubRequest | null = null
  /** Whose log is being read; null while it is one that is due. */
  #reading: ScrubRequest | null = null
  #sliceBegunAt = 0
  #timer: Timer | null = null
  #pause: { readonly timer: Timer; readonly end: () => void } | null = null
  #running: Promise<void> | null = null
  #closed = false

  constructor(options: ScrubOptions) {
    this.#options = options
    this.#times = new ScrubTimes(options.disk)
  }

  /** What was asked for last; null where nothing was since the start. */
  get request(): ScrubRequestState | null {
    return this.#request
  }

  /** Begins to look whether a log is due, every minute. */
  start(): void {
    this.#timer = this.#options.timers.after(CHECK_INTERVAL_MS, () => {
      this.check()
      if (!this.#closed) this.start()
    })
  }

  /** Reads the closed segments of `logs` now, whenever they were read. Null where what was asked for before is under way. */
  ask(logs: readonly Log[]): ScrubRequestState | null {
    if (this.#closed || this.#request?.endedMs === null) return null
    const { clock, logger } = this.#options
    this.#request = new ScrubRequest(logs, clock.now())
    logger.info({ logs: logs.length }, 'A scrub was asked for.')
    if (logs.length === 0) this.#endRequest(this.#request)
    else this.check()
    return this.#request
  }

  /** Reads the logs that are asked for or due, unless that is under way. */
  check(): void {
    if (this.#closed || this.#running !== null) return
    this.#running = this.#run().finally(() => {
      this.#running = null
      this.state = null
      // What was asked for when it had come to its end.
      if (this.#request?.isWaiting) this.check()
    })
  }

  /** When a log was last read as a whole, or first seen; epoch milliseconds, null before it was seen. */
  lastMs(log: Log): number | null {
    return this.#times.lastMs(log)
  }

  /** Ends when nothing is left to read. */
  async idle(): Promise<void> {
    while (this.#running !== null) await this.#running
  }

  /** Begins nothing more, and ends when the stretch that is read is done with. */
  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    this.#pause?.timer.cancel()
    this.#pause?.end()
    await this.idle()
  }

  async #run(): Promise<void> {
    const { clock } = this.#options
    this.#noteNew()
    await this.#write()
    const due = this.#due()
    let writtenAt = clock.monotonic()
    this.#sliceBegunAt = writtenAt
    while (!this.#closed && (await this.#readNext(due))) {
      if (clock.monotonic() - this.#sliceBegunAt >= SLICE_MS) await this.#sleep(0)
      if (clock.monotonic() - writtenAt < WRITE_INTERVAL_MS) continue
      await this.#write()
      writtenAt = clock.monotonic()
    }
    await this.#write()
  }

  /** Reads the next log: of those that are asked for, then of those that are due, the last one first. False without any. */
  async #readNext(due: Log[]): Promise<boolean> {
    const { logger, config } = this.#options
    const request = this.#request
    const asked = request?.take()
    if (request !== null && asked !== undefined) {
      this.#reading = request
      const error = await this.#readAsked(asked)
      this.#reading = null
      request.ended(asked, error)
      if (!request.isWaiting) this.#endRequest(request)
      return true
    }
    if (config()['scrub.interval.hours'] === 0) return false
    const log = due.pop()
    if (log === undefined) return false
    try {
      const isWhole = await this.#scrub(log)
      if (isWhole && !this.#closed) this.#note(log)
      // It gave way to what was asked for.
      else if (log.failed === null) due.push(log)
    } catch (error) {
      if (!this.#closed) logger.warn({ err: error }, 'A log could not be scrubbed.')
      // What is at rest can wait; the next minute tries again.
      due.length = 0
    }
    return true
  }

  /** Why it could not be read. */
  async #readAsked(log: Log): Promise<Error | null> {
    if (log.failed !== null) return log.failed
    try {
      const isWhole = await this.#scrub(log)
      if (isWhole && !this.#closed) this.#note(log)
      return isWhole ? null : log.failed
    } catch (error) {
      return error as Error
    }
  }

  #endRequest(request: ScrubRequest): void {
    const { clock, logger } = this.#options
    request.endedMs = clock.now()
    const { segments, readBytes, damaged, unread } = request
    const counts = { segments, readBytes, damaged: damaged.length, unread: unread.length }
    logger.info(counts, 'The scrub that was asked for has ended.')
  }

  /** The logs that are due, the one that was not read for longest last. */
  #due(): Log[] {
    const intervalMs = this.#options.config()['scrub.interval.hours'] * HOUR_MS
    if (intervalMs === 0) return []
    const before = this.#options.clock.now() - intervalMs
    const due: { readonly log: Log; readonly last: number }[] = []
    for (const log of this.#options.logs()) {
      const last = this.lastMs(log)
      if (log.failed === null && last !== null && last <= before) due.push({ log, last })
    }
    return due.sort((a, b) => b.last - a.last).map(({ log }) => log)
  }

  /** Reads the closed segments of a log. False where it was not to be had to the end. */
  async #scrub(log: Log): Promise<boolean> {
    for (const segment of log.segments().slice(0, -1)) {
      let position = 0
      let nextOffset = segment.baseOffset
      for (let isEnd = segment.size === 0; !isEnd; ) {
        if (this.#closed || log.failed !== null) return false
        if (this.#reading === null && this.#request?.isWaiting) return false
        if (!log.segments().includes(segment)) break
        const { topic, partition } = log
        const file = fileName(segment.baseOffset, LOG_SUFFIX)
        this.state = { topic, partition, segment: file, position, sizeInBytes: segment.size }
        const result = await this.#read(log, segment, position, nextOffset)
        if (result === null) break
        if (result.problem !== null) {
          this.#report(log, segment, result, result.problem)
          return true
        }
        ;({ position, nextOffset, isEnd } = result)
      }
      this.segments++
      if (this.#reading !== null) this.#reading.segments++
    }
    return true
  }

  /** Reads a stretch; twice where it seems damaged. Null where the segment has gone meanwhile. */
  async #read(log: Log, segment: Segment, position: number, nextOffset: number): Promise<ScrubResult | null> {
    const { offload, clock, config } = this.#options
    const rate = config()['scrub.io.max.bytes.per.second']
    const bytesMax = Math.min(STRETCH_BYTES_MAX, rate)
    const args = { path: segment.path(LOG_SUFFIX), position, nextOffset, bytesMax }
    // While it is replaced its files have another name, and its own may be that of what replaces it.
    const isThere = () => this.#isThere(log, segment) && segment.path(LOG_SUFFIX) === args.path
    let result: ScrubResult | null = null
    for (let readings = 0; readings < 2 && (result === null || result.problem !== null); readings++) {
      const begunAt = clock.monotonic()
      try {
        result = await offload.run(job, args)
      } catch (error) {
        if (isThere()) throw error
        return null
      }
      if (!isThere()) return null
      this.readBytes += result.readBytes
      if (this.#reading !== null) this.#reading.readBytes += result.readBytes
      const leftMs = (result.readBytes / rate) * 1000 - (clock.monotonic() - begunAt)
      if (leftMs > 0) await this.#sleep(leftMs)
    }
    return isThere() ? result : null
  }

  /** Whether what was read is still what the log consists of: it may have been compacted, cut or deleted meanwhile. */
  #isThere(log: Log, segment: Segment): boolean {
    return !this.#closed && log.failed === null && log.segments().slice(0, -1).includes(segment)
  }

  #report(log: Log, segment: Segment, { position }: ScrubResult, problem: string): void {
    this.found++
    const file = fileName(segment.baseOffset, LOG_SUFFIX)
    const damage = { file, position, problem, foundMs: this.#options.clock.now() }
    this.#reading?.found(log, damage)
    this.#options.damaged(log, damage)
  }

  #sleep(ms: number): Promise<void> {
    if (this.#closed) return Promise.resolve()
    return new Promise((resolve) => {
      const end = () => {
        this.#pause = null
        this.#sliceBegunAt = this.#options.clock.monotonic()
        resolve()
      }
      this.#pause = { timer: this.#options.timers.after(ms, end), end }
    })
  }

  /**
   * Logs that were not seen before get their turn an interval from now. So do those that were read in the future, by a
   * clock that was ahead: it could be years until they are due.
   */
  #noteNew(): void {
    const now = this.#options.clock.now()
    for (const log of this.#options.logs()) {
      const last = this.lastMs(log)
      if ((last === null || last > now) && log.failed === null) this.#times.note(log, now)
    }
  }

  #note(log: Log): void {
    this.#times.note(log, this.#options.clock.now())
  }

  async #write(): Promise<void> {
    const { logs, logger } = this.#options
    try {
      await this.#times.write(logs())
    } catch (error) {
      if (!this.#closed) logger.warn({ err: error }, 'When logs were scrubbed could not be written.')
    }
  }
}
