/**
 * Making a log durable, by group commit: one round of fdatasyncs is in flight at a time, a flush asked for meanwhile waits
 * for the next round and shares it with all others that asked. A round covers what was written when it began.
 *
 * A sync that fails is never tried again: the system may have dropped the pages it could not write and would call the
 * second one a success.
 */
import type { DiskFile } from '../host/disk.ts'
import type { LogPlace } from './log-place.ts'
import type { Segment } from './segment.ts'

export type FlushDone = (error: Error | null) => void

/** What the log tells and hears of its flushes. */
export interface FlushedLog {
  readonly endOffset: number
  readonly failed: Error | null
  /** Writes what is staged, and the files that must be durable before the recovery point moves. Throws on I/O errors. */
  prepareFlush(): void
  /** All below `offset` is durable now. */
  advanceFlushed(offset: number): void
  /** A sync failed. */
  fail(error: Error): void
}

export class LogFlush {
  readonly #log: FlushedLog
  readonly #place: LogPlace
  #dirty: Segment[] = []
  /** Small files written since the last round, open until they are synced. */
  #files: DiskFile[] = []
  /** Directories in which files were made. */
  readonly #directories = new Set<string>()
  #waiting: FlushDone[] = []
  #isFlushing = false
  /** What the round in flight makes durable; lowered when the log is cut below it. */
  #target = 0

  constructor(log: FlushedLog, place: LogPlace) {
    this.#log = log
    this.#place = place
  }

  /** Notes that `segment` has bytes that are not durable. */
  dirty(segment: Segment): void {
    if (segment.dirty) return
    segment.dirty = true
    this.#dirty.push(segment)
  }

  /** Notes files written; they are synced and closed by the next round. */
  add(files: readonly DiskFile[]): void {
    this.#files.push(...files)
  }

  /** Notes that files were made in, or moved into, `directory`. */
  made(directory: string): void {
    this.#directories.add(directory)
  }

  /** Forgets a segment whose file goes away. */
  forget(segment: Segment): void {
    segment.dirty = false
    this.#dirty = this.#dirty.filter((other) => other !== segment)
  }

  /** The log was cut at `offset`: a round in flight proves nothing for what is appended there from now on. */
  truncated(offset: number): void {
    this.#target = Math.min(this.#target, offset)
  }

  /** Calls `done` when all that is in the log now is durable, or with why it cannot be. */
  flush(done: FlushDone): void {
    if (this.#log.failed !== null) {
      done(this.#log.failed)
      return
    }
    this.#waiting.push(done)
    if (!this.#isFlushing) this.#begin()
  }

  /** The same, blocking; throws when it fails. For start and shutdown, with no round in flight that matters. */
  flushNow(): void {
    this.#log.prepareFlush()
    const target = this.#log.endOffset
    for (const segment of this.#dirty.splice(0)) {
      segment.file.syncNow()
      segment.dirty = false
    }
    for (const file of this.#files.splice(0)) {
      file.syncNow()
      file.close()
    }
    this.syncDirectories()
    this.#log.advanceFlushed(target)
  }

  /** Makes the names of new files durable. */
  syncDirectories(): void {
    for (const directory of this.#directories) this.#place.disk.syncDirectory(directory)
    this.#directories.clear()
  }

  #begin(): void {
    const waiting = this.#waiting
    this.#waiting = []
    let segments: Segment[]
    let files: DiskFile[]
    try {
      this.#log.prepareFlush()
      segments = this.#dirty
      files = this.#files
      this.#dirty = []
      this.#files = []
      this.#target = this.#log.endOffset
      this.syncDirectories()
    } catch (error) {
      this.#log.fail(error as Error)
      for (const done of waiting) done(error as Error)
      return
    }
    this.#isFlushing = true
    let left = segments.length + files.length
    let failure: Error | null = null
    const synced = (error: Error | null): void => {
      failure ??= error
      left--
      if (left > 0) return
      for (const file of files) file.close()
      this.#end(failure, waiting)
    }
    if (left === 0) {
      this.#end(null, waiting)
      return
    }
    for (const segment of segments) {
      // From here on new bytes make it dirty again.
      segment.dirty = false
      segment.sync(synced)
    }
    for (const file of files) file.sync(synced)
  }

  #end(error: Error | null, waiting: readonly FlushDone[]): void {
    this.#isFlushing = false
    if (error === null && this.#log.failed === null) this.#log.advanceFlushed(this.#target)
    else if (error !== null) this.#log.fail(error)
    for (const done of waiting) done(error ?? this.#log.failed)
    if (this.#waiting.length > 0) {
      if (this.#log.failed === null) this.#begin()
      else for (const done of this.#waiting.splice(0)) done(this.#log.failed)
    }
  }
}
