/**
 * The cuts of a directory's logs that the loop does not wait for: a broker that comes back may have a thousand to do at once.
 * All that are asked for in one turn, or while others are under way, take their steps (log-cut.ts) together:
 *
 *     told      one entry each, one write and one sync of the journal │ one checkpoint for all
 *     cut       log by log, in slices of a few milliseconds
 *     synced    few: a round of each log's flush │ many: two syncs of the file system, between which epochs get their name
 *
 * Of logs of which all went it is noted at the end, once for all that wait for that, where they begin. A log whose disk is slow
 * holds up those that are asked for after it in none of these steps but where they share the sync of the file system.
 */
import type { Clock, Timers } from '../host/clock.ts'
import type { Disk, FileSystemSync } from '../host/disk.ts'
import type { JournalCut } from './journal-files.ts'
import type { LogCut } from './log-cut.ts'
import { countdown, type FlushDone, type SharedRound } from './log-flush.ts'

/** From so many on they are synced with all that is on the file system, of which others may have written much. */
const SHARED_MIN = 16
/** Of those that are not, so many at a time: others have syncs that wait for a thread, too. */
const SYNCED_AT_ONCE_MAX = 8
/** Others get the loop after so long. */
const SLICE_MS = 4

/** A cut, and which log's. */
export interface QueuedCut {
  readonly topic: string
  readonly topicId: string
  readonly partition: number
  readonly cut: LogCut
}

export interface LogCutsOptions {
  readonly disk: Disk
  readonly clock: Pick<Clock, 'monotonic'>
  readonly timers: Timers
  /** The data directory. */
  readonly directory: string
  /** Has the journal say that it holds nothing of what is cut. Throws I/O errors. */
  readonly tellJournal: (cuts: readonly JournalCut[], done: FlushDone) => void
  /** Writes the checkpoints, durably, where what they say may not hold any more for one of `cuts`; in any case for null. */
  readonly writeCheckpoints: (cuts: readonly QueuedCut[] | null, done: FlushDone) => void
  /** From so many on they are synced together [16]. */
  readonly sharedMin?: number
  /** Syncs were made that no log counts. */
  readonly synced: (count: number) => void
}

export class LogCuts {
  readonly #options: LogCutsOptions
  #waiting: QueuedCut[] = []
  #isRunning = false
  /** Those that are cut and wait for a round of their own. */
  readonly #unsynced: LogCut[] = []
  #syncing = 0
  #isBeginning = false
  /** Those that are durable but for where their logs begin. */
  #unnoted: LogCut[] = []
  #isNoting = false

  constructor(options: LogCutsOptions) {
    this.#options = options
  }

  /** Does `cut` soon. */
  add(cut: QueuedCut): void {
    this.#waiting.push(cut)
    if (this.#isRunning) return
    this.#isRunning = true
    this.#options.timers.endOfTurn(() => void this.#run())
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const cuts = this.#waiting.filter(({ cut }) => !cut.isEnded)
        this.#waiting = []
        try {
          if (cuts.length > 0) await this.#do(cuts)
        } catch (error) {
          for (const { cut } of cuts) cut.end(error as Error)
        }
      }
    } finally {
      this.#isRunning = false
    }
  }

  async #do(queued: readonly QueuedCut[]): Promise<void> {
    const { disk, directory, sharedMin = SHARED_MIN } = this.#options
    await this.#tell(queued)
    const cuts = queued.map(({ cut }) => cut)
    const sync = cuts.length < sharedMin ? null : disk.openFileSystemSync(directory)
    try {
      if (sync !== null) await this.#syncTogether(cuts, sync)
      else
        await this.#sliced(cuts, (cut) => {
          cut.cut()
          this.#syncLater(cut)
        })
    } finally {
      sync?.close()
    }
  }

  #tell(queued: readonly QueuedCut[]): Promise<void> {
    const { tellJournal, writeCheckpoints } = this.#options
    const entries = queued.map(({ topicId, partition, cut }) => ({ topicId, partition, offset: cut.lostFrom }))
    return new Promise((resolve, reject) => {
      const both = countdown(2, (error) => (error === null ? resolve() : reject(error)))
      tellJournal(entries, both)
      writeCheckpoints(queued, both)
    })
  }

  async #syncTogether(cuts: readonly LogCut[], sync: FileSystemSync): Promise<void> {
    const shared: { readonly cut: LogCut; readonly round: SharedRound }[] = []
    await this.#sliced(cuts, (cut) => {
      cut.cut()
      const round = cut.share()
      if (round === null) this.#syncLater(cut)
      else shared.push({ cut, round })
    })
    if (shared.length === 0) return
    let failure: Error | null = null
    try {
      this.#options.synced(2)
      await sync.sync()
      await this.#sliced(shared, ({ round }) => round.named())
      await sync.sync()
    } catch (error) {
      failure = error as Error
    }
    // All rounds before any cut: who hears of a cut may do anything.
    for (const { round } of shared) round.ended(failure)
    for (const { cut } of shared) {
      if (failure === null) this.#synced(cut)
      else cut.end(failure)
    }
  }

  /** Does `run` for each, and lets others have the loop in between. */
  async #sliced<T>(items: readonly T[], run: (item: T) => void): Promise<void> {
    const { clock, timers } = this.#options
    let begunAt = clock.monotonic()
    for (const item of items) {
      if (clock.monotonic() - begunAt >= SLICE_MS) {
        await new Promise<void>((resolve) => timers.after(0, resolve))
        begunAt = clock.monotonic()
      }
      run(item)
    }
  }

  /** Syncs `cut` by itself, when there are not too many under way. */
  #syncLater(cut: LogCut): void {
    this.#unsynced.push(cut)
    this.#syncNext()
  }

  #syncNext(): void {
    // One whose log failed is done with at once: it goes on below, not deeper.
    if (this.#isBeginning) return
    this.#isBeginning = true
    try {
      while (this.#syncing < SYNCED_AT_ONCE_MAX && this.#unsynced.length > 0) {
        const cut = this.#unsynced.shift()!
        this.#syncing++
        cut.sync(() => {
          this.#syncing--
          this.#synced(cut)
          this.#syncNext()
        })
      }
    } finally {
      this.#isBeginning = false
    }
  }

  #synced(cut: LogCut): void {
    if (cut.isEnded) return
    if (!cut.isWhole) {
      cut.end(null)
      return
    }
    this.#unnoted.push(cut)
    this.#note()
  }

  #note(): void {
    const cuts = this.#unnoted
    if (this.#isNoting || cuts.length === 0) return
    this.#unnoted = []
    this.#isNoting = true
    this.#options.writeCheckpoints(null, (error) => {
      this.#isNoting = false
      for (const cut of cuts) cut.end(error)
      this.#note()
    })
  }
}
