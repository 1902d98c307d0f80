/**
 * Putting the segment that compaction wrote in the place of those it was made from, by the steps of swap.ts. The loop does not
 * wait for the disk between them: the old segments are read, under the names they have by then, until the new one has its
 * own. Who is going to change what segments there are, or closes the log, has the rest done first (`finishNow`).
 */
import type { LogFlush } from './log-flush.ts'
import type { LogPlace } from './log-place.ts'
import type { Segment } from './segment.ts'
import { DELETED_SUFFIX } from './segment-files.ts'
import type { SegmentList } from './segment-list.ts'
import { markDeleted, nameAsDecided, nameAsFinal } from './swap.ts'

/** The log whose segments are replaced. */
export interface ReplacedLog {
  readonly place: LogPlace
  readonly segments: SegmentList
  readonly flush: LogFlush
  readonly config: { readonly 'file.delete.delay.ms': number }
  /** Does `run`; an I/O error in it ends the log's use. */
  guarded<T>(run: () => T): T
  fail(error: Error): void
}

type Done = (error: Error | null) => void

export class SegmentReplacement {
  readonly #log: ReplacedLog
  readonly #old: readonly Segment[]
  readonly #makeSegment: () => Segment
  readonly #done: Done
  readonly #discarded: string[] = []
  /** Each is to be durable before the next. */
  readonly #steps = [() => this.#decide(), () => this.#setAside(), () => this.#name(), () => this.#replace()]
  #at = 0
  #isEnded = false

  /** `made` stands for the new segment, once it has its name; `done` hears how it ended. */
  constructor(log: ReplacedLog, old: readonly Segment[], makeSegment: () => Segment, done: Done) {
    this.#log = log
    this.#old = old
    this.#makeSegment = makeSegment
    this.#done = done
  }

  begin(): void {
    this.#run(0)
  }

  /** Does what is left, waiting for the disk. Throws I/O errors. */
  finishNow(): void {
    const { disk, directory } = this.#log.place
    try {
      while (!this.#isEnded) {
        disk.syncDirectory(directory)
        this.#step(this.#at + 1)
      }
    } catch (error) {
      // Also where there is no room for a name: the segments are between two states, for the next start to bring in order.
      this.#log.fail(error as Error)
      this.abandon(error as Error)
      throw error
    }
  }

  /** The log is closed as it is: the next start does the rest. */
  abandon(error: Error): void {
    if (!this.#isEnded) this.#end(error)
  }

  #run(at: number): void {
    const { place } = this.#log
    try {
      this.#log.guarded(() => {
        this.#step(at)
        if (!this.#isEnded) place.disk.syncDirectoryLater(place.directory, (error) => this.#synced(at, error))
      })
    } catch (error) {
      this.abandon(error as Error)
    }
  }

  #synced(at: number, error: Error | null): void {
    // Somebody could not wait, and did it meanwhile.
    if (this.#isEnded || this.#at !== at) return
    if (error === null) this.#run(at + 1)
    else {
      this.#log.fail(error)
      this.abandon(error)
    }
  }

  #step(at: number): void {
    this.#at = at
    this.#steps[at]!()
  }

  #decide(): void {
    const { disk, directory } = this.#log.place
    nameAsDecided(disk, directory, this.#old[0]!.baseOffset)
  }

  #setAside(): void {
    const { disk, directory } = this.#log.place
    for (const segment of this.#old) {
      this.#discarded.push(...markDeleted(disk, directory, segment.baseOffset, segment !== this.#old[0]))
      segment.renamed(DELETED_SUFFIX)
    }
  }

  #name(): void {
    const { disk, directory } = this.#log.place
    nameAsFinal(disk, directory, this.#old[0]!.baseOffset)
  }

  #replace(): void {
    const { segments, flush, place, config } = this.#log
    for (const segment of this.#old) {
      flush.forget(segment)
      segment.retire()
    }
    segments.replace(this.#old, this.#makeSegment())
    place.discard(this.#discarded, this.#old, config['file.delete.delay.ms'])
    this.#end(null)
  }

  #end(error: Error | null): void {
    this.#isEnded = true
    this.#done(error)
  }
}
