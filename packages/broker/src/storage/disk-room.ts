import type { Logger } from 'pino'
import type { Clock } from '../host/clock.ts'

export { isNoRoom } from '../host/no-room.ts'

/** How long nothing is appended after the disk had no room. */
const REFUSED_MS = 1000
const LOGGED_EVERY_MS = 60_000
/** Who is refused tries again sooner than this. */
const LACKING_MS = 10_000

/**
 * Whether the disk of a data directory has room, as far as writes have found out. When one finds none, logs take nothing for
 * a while: each attempt has to be undone.
 */
export class DiskRoom {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #logger: Logger
  readonly #directory: string
  readonly #giveBack: () => void
  #refusedUntil = Number.NEGATIVE_INFINITY
  #loggedAt = Number.NEGATIVE_INFINITY

  /** `giveBack` lets go of room that the directory has and can do without. */
  constructor(clock: Pick<Clock, 'monotonic'>, logger: Logger, directory: string, giveBack: () => void = () => {}) {
    this.#giveBack = giveBack
    this.#clock = clock
    this.#logger = logger
    this.#directory = directory
  }

  /** Whether nothing is to be appended now. */
  get isRefusing(): boolean {
    return this.#refusedUntil !== Number.NEGATIVE_INFINITY && this.#clock.monotonic() < this.#refusedUntil
  }

  /** Whether a write found no room lately. */
  get isLacking(): boolean {
    return this.#clock.monotonic() < this.#refusedUntil - REFUSED_MS + LACKING_MS
  }

  /** A write found no room. */
  missed(): void {
    this.#giveBack()
    this.#refuse('The disk is full: what was being written is undone, and writes are refused until there is room.')
  }

  /** A file could not be opened, for so many are open: those that wait for their flush are closed after it. */
  missedFile(): void {
    this.#refuse(
      'As many files are open as the system allows: what was being written is undone, and writes are refused until some are ' +
        'flushed and closed. Raise the limit (ulimit -n).',
    )
  }

  #refuse(text: string): void {
    const now = this.#clock.monotonic()
    this.#refusedUntil = now + REFUSED_MS
    if (now < this.#loggedAt + LOGGED_EVERY_MS) return
    this.#loggedAt = now
    this.#logger.error({ directory: this.#directory }, text)
  }
}

export function noRoomError(directory: string): Error {
  return Object.assign(new Error(`The disk of ${directory} is full.`), { code: 'ENOSPC' })
}
