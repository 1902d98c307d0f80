/**
 * Work of all intakes that is done a little at a time, so that whoever produces and reads beside it hardly notices:
 *
 *   turn:  requests ▶ their answers ▶ a slice of this ▶ turn: requests ▶ …
 *
 * A slice takes a tenth of a millisecond, or a third of that while anybody was answered a moment ago: who waits for a
 * request of his own waits for the rest of one slice at most. Where the loop is busy with others it takes more: half of what
 * they took since the slice before. Time that passes without slices is credit for more of them; when that is used up,
 * the queue sleeps until somebody else's turn comes, or for a moment: so there is time to spare however much is to be done,
 * and whoever asks for something finds the loop at rest most of the time.
 */
import type { Clock, Timer, Timers } from '../host/clock.ts'
import type { Turn, TurnTask } from '../host/turn.ts'

const SLICE_MS_MIN = 0.1
const SLICE_MS_BESIDE = 0.03
const SLICE_MS_MAX = 1
/** A slice may be so long in relation to what others did before it. */
const SLICE_SHARE = 0.5
/** Others count as there for so long after one of them was answered. */
const BESIDE_MS = 5
/** Credit of slices by time without them: beside others, where others were there but not lately, and where nobody came in that time; and the most of it. */
const CREDIT_SHARE_BESIDE = 0.15
const CREDIT_SHARE = 0.5
const CREDIT_SHARE_ALONE = 2
const CREDIT_MS_MAX = 2
const SLEEP_MS = 1

export interface Work {
  /** Does a part of it, a fraction of a millisecond. True where more can be done at once. */
  step(): boolean
}

export class WorkQueue implements TurnTask {
  readonly #clock: Clock
  readonly #timers: Timers
  readonly #turn: Turn
  readonly #waiting: Work[] = []
  readonly #wake = () => {
    this.#timer = null
    this.#askedAt = this.#clock.monotonic()
    this.#earn(this.#askedAt, CREDIT_SHARE_ALONE)
    this.#turn.end()
  }
  #isDeferred = false
  #timer: Timer | null = null
  /** Monotonic: when a turn was asked for, which comes as soon as others have had theirs; NaN while none is. */
  #askedAt = Number.NaN
  #creditMs = CREDIT_MS_MAX
  /** Until when that has been reckoned. */
  #earnedAt = 0
  /** Turns in which somebody was answered, when that was looked at last; and until when others count as there. */
  #answered = 0
  #besideUntil = Number.NEGATIVE_INFINITY
  #isBeside = false

  constructor(clock: Clock, timers: Timers, turn: Turn) {
    this.#clock = clock
    this.#timers = timers
    this.#turn = turn
  }

  /** Whether others are there, who are to be kept waiting as little as can be. */
  get isBeside(): boolean {
    return this.#isBeside
  }

  /** Adds work that is not in it. */
  add(work: Work): void {
    this.#waiting.push(work)
    if (!this.#isDeferred) this.#defer(this.#clock.monotonic())
  }

  close(): void {
    this.#timer?.cancel()
  }

  /** One slice: each has a step in turn. */
  endTurn(): void {
    this.#timer?.cancel()
    this.#timer = null
    const clock = this.#clock
    const waiting = this.#waiting
    // What was added during the slice before may have been done in it.
    if (waiting.length === 0) return
    const begunAt = clock.monotonic()
    const othersMs = Number.isNaN(this.#askedAt) ? 0 : begunAt - this.#askedAt
    this.#lookAround(begunAt)
    const leastMs = this.#isBeside ? SLICE_MS_BESIDE : SLICE_MS_MIN
    const until = begunAt + Math.min(Math.max(leastMs, othersMs * SLICE_SHARE), SLICE_MS_MAX)
    this.#earn(begunAt, this.#creditShare)
    let now = begunAt
    try {
      do {
        const work = waiting.shift()!
        if (work.step()) waiting.push(work)
        now = clock.monotonic()
      } while (waiting.length > 0 && now < until)
    } finally {
      this.#creditMs = Math.max(this.#creditMs - (now - begunAt), -CREDIT_MS_MAX)
      this.#earnedAt = now
      // What was added in a step is among them.
      this.#isDeferred = false
      if (waiting.length > 0) this.#defer(now)
    }
  }

  #lookAround(now: number): void {
    const { answered } = this.#turn
    if (answered !== this.#answered) this.#besideUntil = now + BESIDE_MS
    this.#answered = answered
    this.#isBeside = now < this.#besideUntil
  }

  get #creditShare(): number {
    return this.#isBeside ? CREDIT_SHARE_BESIDE : CREDIT_SHARE
  }

  #earn(now: number, share: number): void {
    this.#creditMs = Math.min(this.#creditMs + (now - this.#earnedAt) * share, CREDIT_MS_MAX)
    this.#earnedAt = now
  }

  #defer(now: number): void {
    this.#isDeferred = true
    this.#earn(now, this.#creditShare)
    if (this.#creditMs > 0) {
      this.#askedAt = now
      this.#turn.defer('rest', this)
    } else {
      this.#askedAt = Number.NaN
      this.#turn.deferQuietly(this)
      this.#timer = this.#timers.after(SLEEP_MS, this.#wake)
    }
  }
}
