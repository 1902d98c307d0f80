/**
 * Making a log durable, by group commit: one round is in flight at a time, a flush asked for meanwhile waits for the next
 * round and shares it with all others that asked. A round covers what was written when it began:
 *
 *     1  the data files, and small ones that the recovery point is not to pass, are synced side by side
 *     2  the epochs get their name; directories in which files were made are synced
 *     3  the recovery point moves
 *
 * Where a journal (journal.ts) holds what came since the files were last synced, that is durable too, and its acknowledgement
 * does not wait for a round. A journal takes only what follows, in the segment that grows, on what is known to be durable:
 * the anchor. Rounds go on below it, to let the journal forget.
 *
 * A sync that fails is never tried again: the system may have dropped the pages it could not write and would call the
 * second one a success.
 */
import type { DiskFile } from '../host/disk.ts'
import type { PendingEpochs } from './epoch-cache.ts'
import type { LogPlace } from './log-place.ts'
import type { Segment } from './segment.ts'
import type { Stage } from './stage.ts'

export type FlushDone = (error: Error | null) => void

/** What the log tells and hears of its flushes. */
export interface FlushedLog {
  readonly directory: string
  readonly endOffset: number
  /** All below is durable, in the log's files or in the journal. */
  readonly flushedOffset: number
  readonly failed: Error | null
  /** The segment that grows. */
  readonly active: Segment | null
  /** Bytes of it that are in its file; the others are staged. */
  readonly writtenBytes: number
  readonly stage: Pick<Stage, 'buffer'>
  /** Writes what is staged. Throws on I/O errors. */
  write(): void
  /** Sees to it that what is staged can be written at any time; false where it cannot, and is to be written now. */
  keep(): boolean
  /**
   * The same, and the files but for the epochs that must be durable before the recovery point moves. False where it is not to
   * move: there was no room for one of them.
   */
  prepareFlush(): boolean
  /** Begins to write the epochs where their file says something else, if the disk has room for them. */
  prepareEpochs(): PendingEpochs | 'no room' | null
  /** The same, durable when it returns. */
  writeEpochs(): void
  /** All below `offset` is durable now in the log's own files. */
  advanceFlushed(offset: number): void
  /** All below `offset` is durable now in the journal. */
  advanceJournaled(offset: number): void
  /** A sync failed. */
  fail(error: Error): void
}

/** Where in the growing segment that ends of which all is durable. */
interface Anchor {
  readonly segment: Segment
  readonly position: number
  readonly offset: number
}

/** What of a log a journal is to make durable: a range of its growing segment. */
export interface JournalRange {
  readonly segment: Segment
  readonly position: number
  readonly length: number
  /** Its bytes as long as nothing else is done to the log, from `stagedAt` on; null where they are in the file. */
  readonly staged: Buffer | null
  readonly stagedAt: number
  /** The first offset, and the one after the last. */
  readonly offset: number
  readonly endOffset: number
}

/** A round whose syncs are others': see `share`. */
export interface SharedRound {
  /** All that was written is durable: gives files their names. */
  named(): void
  /** These are durable, too; or something is not. */
  ended(error: Error | null): void
}

/** What a round works on. */
interface Round {
  readonly segments: readonly Segment[]
  readonly files: readonly DiskFile[]
  readonly epochs: PendingEpochs | null
  /** Whether there was no room for a file that the recovery point is not to pass. */
  readonly isFileLeftOut: boolean
  /** Where the log ended when it began. */
  readonly end: Anchor | null
}

/** What came of `startWriteback`; unknown where the system has no such call. */
export type Writeback = 'begun' | 'nothing' | 'unknown'

export class LogFlush {
  readonly #log: FlushedLog
  readonly #place: LogPlace
  #dirty: Segment[] = []
  /** Small files written since the last round, open until they are synced. */
  #files: DiskFile[] = []
  /** Directories in which files were made, and those that the round in flight is to sync. */
  #directories = new Set<string>()
  #syncingDirectories: ReadonlySet<string> = new Set()
  #waiting: FlushDone[] = []
  #isFlushing = false
  /** No round begins: the log is about to be cut. */
  #isHeld = false
  /** What the round in flight makes durable; lowered when the log is cut below it. */
  #target = 0
  /** The same of the journal. */
  #journalTarget = 0
  #anchor: Anchor | null = null
  /** The growing segment is on its way to the device up to there; only for not looking at it again. */
  #writtenBack: { readonly segment: Segment; readonly position: number } | null = null
  /** Raised when the log is cut: what rounds in flight know of positions is void. */
  #cuts = 0

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

  /** The log was cut at `offset`: what is in flight proves nothing for what is appended there from now on. */
  truncated(offset: number): void {
    this.#target = Math.min(this.#target, offset)
    this.#journalTarget = Math.min(this.#journalTarget, offset)
    this.#anchor = null
    this.#writtenBack = null
    this.#cuts++
  }

  /** Calls `done` when all that is in the log now is durable in its own files, or with why it cannot be. */
  flush(done: FlushDone): void {
    if (this.#log.failed !== null) {
      done(this.#log.failed)
      return
    }
    this.#waiting.push(done)
    this.#beginNext()
  }

  /** No round begins until `release`: what it would make durable is about to go. */
  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#beginNext()
  }

  /**
   * Begins a round that others' syncs of the whole file system make durable, as those of many logs at once. Null where another
   * is in flight, or it failed.
   */
  share(): SharedRound | null {
    if (this.#isFlushing || this.#log.failed !== null) return null
    const waiting = this.#waiting
    const cuts = this.#cuts
    const round = this.#take()
    if (round === null) return null
    for (const segment of round.segments) segment.dirty = false
    let failure: Error | null = null
    return {
      named: () => {
        const { epochs } = round
        if (epochs === null || this.#log.failed !== null) return
        try {
          epochs.finish()
        } catch (error) {
          failure = error as Error
        }
      },
      ended: (error) => {
        failure ??= error
        for (const file of smallFiles(round)) file.close()
        if (failure === null && cuts === this.#cuts && round.end !== null) this.#moveAnchor(round.end)
        this.#end(failure, waiting, round.isFileLeftOut)
      },
    }
  }

  /**
   * Begins to write what the growing segment has in its file to the device. Nothing is durable for that, but the next flush has
   * less to write. `done` is called for 'begun' only, never at once; with an error the log has failed.
   */
  startWriteback(done: FlushDone): Writeback {
    const { active, writtenBytes } = this.#log
    if (active === null || this.#log.failed !== null) return 'nothing'
    const from = this.#writtenBack?.segment === active ? this.#writtenBack.position : 0
    if (writtenBytes <= from) return 'nothing'
    const isBegun = active.startWriteback(from, writtenBytes - from, (error) => {
      if (error !== null) this.#log.fail(error)
      done(error)
    })
    if (!isBegun) return 'unknown'
    this.#writtenBack = { segment: active, position: writtenBytes }
    return 'begun'
  }

  /** The same as `flush`, blocking; throws when it fails. For start and shutdown, with no round in flight that matters. */
  flushNow(): void {
    const isFileLeftOut = !this.#log.prepareFlush()
    this.#log.writeEpochs()
    const target = this.#log.endOffset
    for (const segment of this.#dirty.splice(0)) {
      this.#place.tally.syncs++
      segment.file.syncNow()
      segment.dirty = false
    }
    for (const file of this.#files.splice(0)) {
      this.#place.tally.syncs++
      file.syncNow()
      file.close()
    }
    this.syncDirectories()
    this.#advance(target, isFileLeftOut)
  }

  /** Makes the names of new files durable, also of those that a round in flight is to. */
  syncDirectories(): void {
    for (const directory of this.#directories.union(this.#syncingDirectories)) this.#place.disk.syncDirectory(directory)
    this.#directories.clear()
  }

  /**
   * What a journal would have to take for all of the log to be durable. Null when it cannot: the names of files, or bytes
   * that are not in the growing segment, must be durable first. What it takes is written, or kept: nothing that could be
   * undone yet, as the turn in which it came has not ended. Throws on I/O errors.
   */
  journalRange(): JournalRange | null {
    const { active, flushedOffset } = this.#log
    const anchor = this.#anchor
    if (anchor === null || active === null || anchor.segment !== active || anchor.offset !== flushedOffset) return null
    if (this.#directories.size + this.#syncingDirectories.size > 0) return null
    for (const segment of this.#dirty) if (segment !== active) return null
    const isStaged = anchor.position >= this.#log.writtenBytes && this.#log.keep()
    if (!isStaged) this.#log.write()
    const { endOffset, stage, writtenBytes } = this.#log
    const length = active.size - anchor.position
    const staged = isStaged ? stage.buffer : null
    const stagedAt = anchor.position - writtenBytes
    return { segment: active, position: anchor.position, length, staged, stagedAt, offset: anchor.offset, endOffset }
  }

  /** A journal takes `range`: `journaled` is called with the same when it is durable. */
  journaling(range: JournalRange): void {
    this.#journalTarget = range.endOffset
  }

  /** What was in `range` is durable, as far as it was not cut off since. */
  journaled(range: JournalRange): void {
    if (this.#log.failed !== null) return
    const { segment, position, length, endOffset } = range
    const anchor = this.#anchor
    if (this.#journalTarget === endOffset && anchor !== null && endOffset > anchor.offset)
      this.#anchor = { segment, position: position + length, offset: endOffset }
    this.#log.advanceJournaled(this.#journalTarget)
  }

  #beginNext(): void {
    if (this.#waiting.length === 0 || this.#isFlushing || this.#isHeld) return
    if (this.#log.failed === null) this.#begin()
    else for (const done of this.#waiting.splice(0)) done(this.#log.failed)
  }

  #begin(): void {
    const waiting = this.#waiting
    const cuts = this.#cuts
    const round = this.#take()
    if (round === null) return
    this.#syncFiles(round, (error) => {
      if (error !== null) this.#end(error, waiting)
      else
        this.#syncNames(round, (failure) => {
          if (failure === null && cuts === this.#cuts && round.end !== null) this.#moveAnchor(round.end)
          this.#end(failure, waiting, round.isFileLeftOut)
        })
    })
  }

  /** What a round that begins now works on; null where that failed, which all that wait are told. */
  #take(): Round | null {
    const waiting = this.#waiting
    this.#waiting = []
    const log = this.#log
    let round: Round
    try {
      const isPrepared = log.prepareFlush()
      const { active, endOffset: offset } = log
      const end = active === null ? null : { segment: active, position: active.size, offset }
      const pending = log.prepareEpochs()
      const epochs = pending === 'no room' ? null : pending
      const isFileLeftOut = !isPrepared || pending === 'no room'
      round = { segments: this.#dirty, files: this.#files, epochs, isFileLeftOut, end }
    } catch (error) {
      log.fail(error as Error)
      for (const done of waiting) done(error as Error)
      return null
    }
    this.#dirty = []
    this.#files = []
    this.#syncingDirectories = this.#directories
    this.#directories = new Set()
    this.#target = log.endOffset
    this.#isFlushing = true
    return round
  }

  #syncFiles(round: Round, done: FlushDone): void {
    const { segments } = round
    const small = smallFiles(round)
    const synced = countdown(segments.length + small.length, (error) => {
      for (const file of small) file.close()
      done(error)
    })
    for (const segment of segments) {
      // From here on new bytes make it dirty again.
      segment.dirty = false
      this.#place.tally.syncs++
      segment.sync(synced)
    }
    for (const file of small) {
      this.#place.tally.syncs++
      file.sync(synced)
    }
  }

  #syncNames({ epochs }: Round, done: FlushDone): void {
    const { disk } = this.#place
    if (this.#log.failed !== null) {
      done(this.#log.failed)
      return
    }
    const directories = new Set(this.#syncingDirectories)
    if (epochs !== null) directories.add(this.#log.directory)
    const synced = countdown(directories.size, done)
    try {
      epochs?.finish()
      for (const directory of directories) {
        this.#place.tally.syncs++
        disk.syncDirectoryLater(directory, synced)
      }
    } catch (error) {
      done(error as Error)
    }
  }

  /** All up to `end` is durable in the files; the journal may be further. */
  #moveAnchor(end: Anchor): void {
    if (this.#anchor === null || this.#anchor.segment !== end.segment || this.#anchor.offset < end.offset)
      this.#anchor = end
  }

  /** All batches below `offset` are durable; the recovery point is not to pass what a file that was left out would say. */
  #advance(offset: number, isFileLeftOut: boolean): void {
    if (isFileLeftOut) this.#log.advanceJournaled(offset)
    else this.#log.advanceFlushed(offset)
  }

  #end(error: Error | null, waiting: readonly FlushDone[], isFileLeftOut = false): void {
    this.#isFlushing = false
    this.#syncingDirectories = new Set()
    if (error === null && this.#log.failed === null) this.#advance(this.#target, isFileLeftOut)
    if (error !== null) this.#log.fail(error)
    for (const done of waiting) done(error ?? this.#log.failed)
    this.#beginNext()
  }
}

function smallFiles({ files, epochs }: Round): readonly DiskFile[] {
  return epochs === null ? files : [...files, epochs.file]
}

/** Calls `done` after `count` calls of what is returned, or at once for none, with the first error among them. */
export function countdown(count: number, done: FlushDone): FlushDone {
  let left = count
  let failure: Error | null = null
  if (left === 0) done(null)
  return (error) => {
    failure ??= error
    left--
    if (left === 0) done(failure)
  }
}
