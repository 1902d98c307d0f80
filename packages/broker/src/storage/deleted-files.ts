/**
 * Segments that are let go of: their files are renamed already, nobody finds them any more. Reads in progress may end, for
 * `file.delete.delay.ms`; then the files are unlinked, off the loop. Where their room is needed at once they are unlinked
 * before, and each stays open only as long as somebody reads it.
 *
 * Damaged replicas that were set aside wait too, for a person who may want them, until their room is needed.
 */
import { dirname } from 'node:path'
import type { Logger } from 'pino'
import type { Timer } from '../host/clock.ts'
import type { Host } from '../host/host.ts'
import type { Segment } from './segment.ts'

/** What goes together. */
interface Deleted {
  readonly paths: readonly string[]
  readonly segments: readonly Segment[]
  readonly bytes: number
  timer: Timer | null
  isUnlinked: boolean
}

export class DeletedFiles {
  readonly #host: Pick<Host, 'disk' | 'timers'>
  readonly #logger: Logger
  readonly #failed: (error: Error) => void
  /** Not unlinked yet. */
  readonly #waiting = new Set<Deleted>()
  readonly #removals = new Set<Promise<void>>()
  /** Directories of damaged replicas, by the name that their log had. */
  readonly #kept = new Map<string, string>()
  #closed = false

  /** `failed` hears of a sync that failed. */
  constructor(host: Pick<Host, 'disk' | 'timers'>, logger: Logger, failed: (error: Error) => void) {
    this.#host = host
    this.#logger = logger
    this.#failed = failed
  }

  /** Bytes of segments that are not unlinked yet. */
  get bytes(): number {
    let bytes = 0
    for (const deleted of this.#waiting) bytes += deleted.bytes
    return bytes
  }

  /** Unlinks `paths`, the renamed files of `segments`, after `delayMs`. */
  add(paths: readonly string[], segments: readonly Segment[], delayMs: number): void {
    const bytes = segments.reduce((sum, { size }) => sum + size, 0)
    const deleted: Deleted = { paths, segments, bytes, timer: null, isUnlinked: false }
    this.#waiting.add(deleted)
    deleted.timer = this.#host.timers.after(delayMs, () => {
      // Whoever is still reading has had the time for that.
      for (const segment of segments) segment.close()
      if (!this.#closed) this.#unlink(deleted)
    })
  }

  /**
   * The same for a directory that was renamed, with all in it, at once: as soon as its new name is durable. Else a power
   * failure could give it its old one back without what tells whose it was.
   */
  addDirectory(path: string): void {
    const { disk } = this.#host
    const named = new Promise<void>((resolve, reject) => {
      disk.syncDirectoryLater(dirname(path), (error) => {
        if (error === null) resolve()
        else {
          if (!this.#closed) this.#failed(error)
          reject(error)
        }
      })
    })
    this.#track(
      named
        .then(() => (this.#closed ? undefined : disk.removeDirectory(path)))
        .catch((error: Error) => {
          if (this.#closed) return
          this.#logger.warn(
            { directory: path, err: error },
            'A deleted log could not be removed; the next start tries again.',
          )
        }),
    )
  }

  /**
   * Keeps the directory of a damaged replica of the log `name`, renamed to `path`, until room is needed or the next one of that
   * log is kept.
   */
  keepDirectory(name: string, path: string): void {
    const before = this.#kept.get(name)
    if (before !== undefined) this.addDirectory(before)
    this.#kept.set(name, path)
  }

  /** Unlinks everything that waits now. Ends when that is done. */
  async removeNow(): Promise<void> {
    for (const path of this.#kept.values()) {
      if (this.#closed) break
      this.#logger.warn({ directory: path }, 'A damaged replica that was set aside is removed: its room is needed.')
      this.addDirectory(path)
    }
    this.#kept.clear()
    for (const deleted of this.#waiting) {
      if (this.#closed) break
      for (const segment of deleted.segments) segment.closeWhenRead()
      this.#unlink(deleted)
    }
    while (this.#removals.size > 0) await Promise.all(this.#removals)
  }

  /** Removes nothing more: the next start does. */
  close(): void {
    this.#closed = true
    for (const { timer, segments } of this.#waiting) {
      timer?.cancel()
      for (const segment of segments) segment.close()
    }
  }

  #unlink(deleted: Deleted): void {
    if (deleted.isUnlinked) return
    deleted.isUnlinked = true
    const { paths } = deleted
    this.#track(
      this.#host.disk
        .removeFiles(paths)
        .catch((error: Error) => {
          if (this.#closed) return
          this.#logger.warn({ paths, err: error }, 'Deleted segments could not be removed; the next start tries again.')
        })
        .then(() => {
          this.#waiting.delete(deleted)
        }),
    )
  }

  #track(removal: Promise<void>): void {
    const tracked = removal.finally(() => this.#removals.delete(tracked))
    this.#removals.add(tracked)
  }
}
