import type { Logger } from 'pino'
import type { Clock } from '../host/clock.ts'

import { isNoFile } from '../host/no-room.ts'

export { isNoRoom } from '../host/no-room.ts'

/** How long nothing is appended after the disk had no room. */
const REFUSED_MS = 1000
/** How long no log without an open file is appended to after too many had one: flushes, which close them, take less. */
const CROWDED_MS = 100
const LOGGED_EVERY_MS = 60_000
/** Who is refused tries again sooner than this. */
const LACKING_MS = 10_000

const DISK_FULL = 'The disk is full: what was being written is undone, and writes are refused until there is room.'
const FILES_OPEN =
  'Too many files are open for the limit of the system (ulimit -n): what needs another is refused until some are flushed ' +
  'and closed. Raise the limit.'

/**
 * Whether the disk of a data directory has room, as far as writes have found out. When one finds none, logs take nothing for
 * a while: each attempt has to be undone. The same where a file cannot be opened because too many are.
 */
export class DiskRoom {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #logger: Logger
  readonly #directory: string
  readonly #giveBack: () => void
  #refusedUntil = Number.NEGATIVE_INFINITY
  #crowdedUntil = Number.NEGATIVE_INFINITY
  readonly #room = { missedAt: Number.NEGATIVE_INFINITY, loggedAt: Number.NEGATIVE_INFINITY }
  readonly #files = { missedAt: Number.NEGATIVE_INFINITY, loggedAt: Number.NEGATIVE_INFINITY }

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

  /** Whether nothing is to be appended now to a log in which nothing waits for its flush. */
  get isCrowded(): boolean {
    return this.#crowdedUntil !== Number.NEGATIVE_INFINITY && this.#clock.monotonic() < this.#crowdedUntil
  }

  /** Whether a write found no room lately. */
  get isLacking(): boolean {
    return this.#clock.monotonic() < this.#room.missedAt + LACKING_MS
  }

  /** Whether there were too many open files for a write lately. */
  get isLackingFiles(): boolean {
    return this.#clock.monotonic() < this.#files.missedAt + LACKING_MS
  }

  /** A write found no room. */
  missed(): void {
    this.#giveBack()
    this.#refusedUntil = this.#clock.monotonic() + REFUSED_MS
    this.#miss(this.#room, DISK_FULL)
  }

  /** A file could not be opened, for so many are open: those that wait for their flush are closed after it. */
  missedFile(): void {
    this.#refusedUntil = this.#clock.monotonic() + REFUSED_MS
    this.#miss(this.#files, FILES_OPEN)
  }

  /** `error` is one of those for want of room (`isNoRoom`): notes which. */
  missedFor(error: unknown): void {
    if (isNoFile(error)) this.missedFile()
    else this.missed()
  }

  /** So many logs wait for their flush that another is not to be appended to; those are, as ever. */
  crowded(): void {
    this.#crowdedUntil = this.#clock.monotonic() + CROWDED_MS
    this.#miss(this.#files, FILES_OPEN)
  }

  #miss(lack: { missedAt: number; loggedAt: number }, text: string): void {
    const now = this.#clock.monotonic()
    lack.missedAt = now
    if (now < lack.loggedAt + LOGGED_EVERY_MS) return
    lack.loggedAt = now
    this.#logger.error({ directory: this.#directory }, text)
  }
}

export function noRoomError(directory: string): Error {
  return Object.assign(new Error(`The disk of ${directory} is full.`), { code: 'ENOSPC' })
}
