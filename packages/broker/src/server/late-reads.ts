/**
 * Connections that had their share of a turn and have sent more: they are read on when all others of the next turn are
 * answered, each once and a little in all. So who asks for little waits for one such slice at most, however many ask for much.
 */
import type { Clock } from '../host/clock.ts'
import type { Turn, TurnTask } from '../host/turn.ts'

/** When this is used up, those who are left have their turn in the next. */
const SLICE_MS = 0.1

/** A connection, as far as it is read on. */
export interface LateReader {
  readOnLate(): void
}

export class LateReads implements TurnTask {
  readonly #clock: Clock
  readonly #turn: Turn
  #waiting: LateReader[] = []
  #isDeferred = false
  /** This turn has had its slice: the shares of those who came to wait in it. */
  #isTurnUsed = false

  constructor(clock: Clock, turn: Turn) {
    this.#clock = clock
    this.#turn = turn
  }

  /** Adds a reader that is not in it; `hadShare` where it was read in this turn. */
  add(reader: LateReader, hadShare: boolean): void {
    this.#waiting.push(reader)
    if (this.#isDeferred) return
    this.#isTurnUsed = hadShare
    this.#defer()
  }

  endTurn(): void {
    this.#isDeferred = false
    if (this.#isTurnUsed) {
      this.#isTurnUsed = false
      this.#defer()
      return
    }
    const readers = this.#waiting
    this.#waiting = []
    const until = this.#clock.monotonic() + SLICE_MS
    let at = 0
    try {
      do readers[at++]?.readOnLate()
      while (at < readers.length && this.#clock.monotonic() < until)
    } finally {
      this.#isTurnUsed = false
      if (at < readers.length) this.#waiting = [...readers.slice(at), ...this.#waiting]
      if (this.#waiting.length > 0) this.#defer()
    }
  }

  #defer(): void {
    if (this.#isDeferred) return
    this.#isDeferred = true
    this.#turn.defer('rest', this)
  }
}
