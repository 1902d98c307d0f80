/** How far a data directory is with opening its logs after an unclean stop. A line in the log every few seconds tells of it. */
import type { Logger } from 'pino'
import type { Clock } from '../host/clock.ts'
import type { Log } from './log.ts'

const LINE_INTERVAL_MS = 2_000

export class RecoveryProgress {
  /** Logs found at start; 0 after a clean stop. */
  readonly logs: number
  /** Of those, the ones that are open. */
  opened = 0
  /** Bytes of batches that were read and checked. */
  readBytes = 0
  /** From the start until the last of them was open. */
  durationMs = 0
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #logger: Logger
  readonly #directory: string
  readonly #begunAt: number
  #toldAt: number

  constructor(options: { clock: Pick<Clock, 'monotonic'>; logger: Logger; directory: string; logs: number }) {
    this.logs = options.logs
    this.#clock = options.clock
    this.#logger = options.logger
    this.#directory = options.directory
    this.#begunAt = options.clock.monotonic()
    this.#toldAt = this.#begunAt
  }

  /** One of the logs that were there at start is open. */
  add(log: Log): void {
    if (this.opened === this.logs) return
    this.opened++
    this.readBytes += log.recoveredBytes
    const now = this.#clock.monotonic()
    this.durationMs = now - this.#begunAt
    const isLast = this.opened === this.logs
    if (!isLast && now - this.#toldAt < LINE_INTERVAL_MS) return
    this.#toldAt = now
    const { logs, opened, readBytes, durationMs } = this
    this.#logger.info(
      { directory: this.#directory, opened, logs, readBytes, durationMs: Math.round(durationMs) },
      isLast ? 'All logs were checked after the unclean stop.' : 'Logs are being checked after an unclean stop.',
    )
  }
}
