/**
 * Reading what is at rest: every closed segment once in `scrub.interval.hours`, one log after the other, the one whose turn was
 * longest ago first, no faster than `scrub.io.max.bytes.per.second` and beside the loop. Disks lose and change what nobody
 * reads; whoever finds out first should not be a consumer.
 *
 * What is found is read a second time before it is believed. When each log was last read is kept in `scrub-checkpoint` of its
 * data directory, in epoch seconds, so that restarts do not begin anew.
 */
import type { BrokerConfig } from '@odradek/config'
import type { Logger } from 'pino'
import type { Clock, Timer, Timers } from '../host/clock.ts'
import type { Disk } from '../host/disk.ts'
import type { Offload } from '../host/offload.ts'
import { OffsetCheckpoint } from './checkpoint.ts'
import type { Damage } from './damage.ts'
import type { Log } from './log.ts'
import { job, type ScrubResult } from './scrub-job.ts'
import type { Segment } from './segment.ts'
import { fileName, LOG_SUFFIX } from './segment-files.ts'

const CHECKPOINT = 'scrub-checkpoint'
/** How often it is looked whether a log is due. */
const CHECK_INTERVAL_MS = 60_000
/** Of one job: others wait for the worker meanwhile. */
const STRETCH_BYTES_MAX = 4 * 1024 * 1024
const HOUR_MS = 3_600_000

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
  /** Null while no log is due. */
  state: ScrubState | null = null
  readonly #options: ScrubOptions
  readonly #checkpoints = new Map<string, OffsetCheckpoint>()
  #timer: Timer | null = null
  #pause: { readonly timer: Timer; readonly end: () => void } | null = null
  #running: Promise<void> | null = null
  #closed = false

  constructor(options: ScrubOptions) {
    this.#options = options
  }

  /** Begins to look whether a log is due, every minute. */
  start(): void {
    this.#timer = this.#options.timers.after(CHECK_INTERVAL_MS, () => {
      this.check()
      if (!this.#closed) this.start()
    })
  }

  /** Reads the logs that are due, unless that is under way. */
  check(): void {
    if (this.#closed || this.#running !== null) return
    this.#running = this.#run().finally(() => {
      this.#running = null
      this.state = null
    })
  }

  /** When a log was last read as a whole, or first seen; epoch milliseconds, null before it was seen. */
  lastMs(log: Log): number | null {
    const seconds = this.#checkpointOf(log).get(log.topic, log.partition)
    return seconds === undefined ? null : seconds * 1000
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
    const { logger } = this.#options
    try {
      this.#noteNew()
      for (let log = this.#due(); log !== null && !this.#closed; log = this.#due()) {
        const isWhole = await this.#scrub(log)
        if (this.#closed || !isWhole) return
        this.#note(log)
      }
    } catch (error) {
      // What is at rest can wait; the next minute tries again.
      if (!this.#closed) logger.warn({ err: error }, 'A log could not be scrubbed.')
    }
  }

  /** The log that is due and was not read for longest. */
  #due(): Log | null {
    const intervalMs = this.#options.config()['scrub.interval.hours'] * HOUR_MS
    if (intervalMs === 0) return null
    const before = this.#options.clock.now() - intervalMs
    let due: Log | null = null
    let least = before
    for (const log of this.#options.logs()) {
      const last = this.lastMs(log)
      if (log.failed !== null || last === null || last > least) continue
      due = log
      least = last
    }
    return due
  }

  /** Reads the closed segments of a log. False where it was not to be had to the end. */
  async #scrub(log: Log): Promise<boolean> {
    for (const segment of log.segments().slice(0, -1)) {
      let position = 0
      let nextOffset = segment.baseOffset
      for (let isEnd = segment.size === 0; !isEnd; ) {
        if (this.#closed || log.failed !== null) return false
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
      await this.#wait((result.readBytes / rate) * 1000 - (clock.monotonic() - begunAt))
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
    this.#options.damaged(log, { file, position, problem, foundMs: this.#options.clock.now() })
  }

  #wait(ms: number): Promise<void> {
    if (ms <= 0 || this.#closed) return Promise.resolve()
    return new Promise((resolve) => {
      const end = () => {
        this.#pause = null
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
    const changed = new Set<string>()
    const now = this.#options.clock.now()
    for (const log of this.#options.logs()) {
      const last = this.lastMs(log)
      if ((last !== null && last <= now) || log.failed !== null) continue
      this.#checkpointOf(log).set(log.topic, log.partition, Math.floor(now / 1000))
      changed.add(dataDirectoryOf(log))
    }
    for (const directory of changed) this.#write(directory)
  }

  #note(log: Log): void {
    this.#checkpointOf(log).set(log.topic, log.partition, Math.floor(this.#options.clock.now() / 1000))
    if (log.failed === null) this.#write(dataDirectoryOf(log))
  }

  /** Writes what is known of the logs that are there. */
  #write(directory: string): void {
    const known = this.#checkpoints.get(directory)!
    const kept = new OffsetCheckpoint()
    for (const log of this.#options.logs()) {
      const seconds = dataDirectoryOf(log) === directory ? known.get(log.topic, log.partition) : undefined
      if (seconds !== undefined) kept.set(log.topic, log.partition, seconds)
    }
    this.#checkpoints.set(directory, kept)
    this.#options.disk.replaceFile(`${directory}/${CHECKPOINT}`, kept.toString())
  }

  #checkpointOf(log: Log): OffsetCheckpoint {
    const directory = dataDirectoryOf(log)
    let checkpoint = this.#checkpoints.get(directory)
    if (checkpoint === undefined) {
      const read = OffsetCheckpoint.read(this.#options.disk, `${directory}/${CHECKPOINT}`)
      checkpoint = typeof read === 'string' ? new OffsetCheckpoint() : read
      this.#checkpoints.set(directory, checkpoint)
    }
    return checkpoint
  }
}

function dataDirectoryOf(log: Log): string {
  return log.directory.slice(0, log.directory.lastIndexOf('/'))
}
