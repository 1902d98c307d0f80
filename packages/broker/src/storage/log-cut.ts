/**
 * A cut of a log that the loop does not wait for. Between its steps the disk is waited for, with other logs' cuts (log-cuts.ts):
 *
 *     told      the journal and the checkpoints say, durably, that what is to go is not durable
 *     cut       memory and files are cut; flushes of the log wait until here
 *     synced    a round of the log's flush has made that durable
 *
 * Until then the log is read as it is, and nothing is to be appended. Who is going to change it all the same, or to replace or
 * delete segments, has the rest done first (`finishNow`), waiting for the disk.
 */
import { isNoRoom } from './disk-room.ts'
import { beginCut, type Cutting, cutFiles, lostFrom, syncCut } from './log-cutting.ts'
import type { FlushDone, SharedRound } from './log-flush.ts'
import type { LogState } from './log-state.ts'

export class LogCut {
  readonly #state: LogState
  readonly #cutting: Cutting
  readonly #done: FlushDone
  #isCut = false
  /** Whether it is durable, or came to nothing. */
  isEnded = false

  /** `done` hears when it is durable, or why it is not: for want of room only where `failed` of the log is not set. */
  constructor(state: LogState, cutting: Cutting, done: FlushDone) {
    this.#state = state
    this.#cutting = cutting
    this.#done = done
  }

  /** Nothing from there on is durable. */
  get lostFrom(): number {
    return lostFrom(this.#cutting)
  }

  /** Whether all of the log goes: then it is to be noted durably, at the end, where it begins. */
  get isWhole(): boolean {
    return this.#cutting.segment === null
  }

  begin(): void {
    const state = this.#state
    beginCut(state, this.#cutting)
    state.cutting = this.#cutting
    state.flush.hold()
    if (state.isOnDisk) state.place.cutLater(this)
    else this.finishNow()
  }

  /** It was told: cuts the log. A failure ends it. */
  cut(): void {
    if (this.isEnded) return
    const state = this.#state
    try {
      state.guardedRoom(() => this.#cutFiles())
    } catch (error) {
      this.end(error as Error)
    }
  }

  /** What makes it durable together with others, by two syncs of the file system; null where a round of its own has to. */
  share(): SharedRound | null {
    if (this.isEnded) return null
    const { flush } = this.#state
    const round = flush.share()
    if (round !== null) flush.release()
    return round
  }

  /** Makes it durable, and calls `done` in any case. */
  sync(done: () => void): void {
    if (this.isEnded) {
      done()
      return
    }
    const { flush } = this.#state
    flush.flush((error) => {
      if (error !== null) this.end(error)
      done()
    })
    flush.release()
  }

  /** Does what is left, waiting for the disk. Throws I/O errors. */
  finishNow(): void {
    if (this.isEnded) return
    const state = this.#state
    try {
      state.guardedRoom(() => {
        if (!this.#isCut) {
          if (state.isOnDisk) state.place.cut(this.lostFrom)
          this.#cutFiles()
        }
        syncCut(state, this.#cutting)
      })
    } catch (error) {
      this.end(error as Error)
      throw error
    }
    this.end(null)
  }

  /** Leaves the log as it is; where its files are cut already, that is made durable all the same. Throws I/O errors. */
  abandon(error: Error): void {
    if (this.#isCut) this.finishNow()
    else this.#end(error)
  }

  /** It is durable; or something failed, which ends the log's use but for want of room. */
  end(error: Error | null): void {
    if (this.isEnded) return
    const { place } = this.#state
    // What a sync says is final, for want of room too.
    if (error !== null && isNoRoom(error) && this.#state.failed === null) place.room.missedFor(error)
    else if (error !== null) this.#state.fail(error)
    this.#end(error)
  }

  #end(error: Error | null): void {
    if (this.isEnded) return
    this.isEnded = true
    const state = this.#state
    state.cutting = null
    state.cut = null
    state.flush.release()
    this.#done(error ?? state.failed)
  }

  #cutFiles(): void {
    const state = this.#state
    const { segment, position } = this.#cutting
    state.cutting = null
    cutFiles(state, this.#cutting)
    this.#isCut = true
    if (segment !== null && position >= 0) state.flush.dirty(segment)
    state.flush.made(state.directory)
  }
}
