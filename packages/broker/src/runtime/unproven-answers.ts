/**
 * Answers of a machine that are known and wait until it is certain that this broker leads its partition: for them to be told
 * nobody may have overtaken them elsewhere.
 *
 *   wait ──▶ proven, or leadership lost ──▶ released
 *     └── too many wait, or for too long ──▶ refused: nobody knows who leads, and the machine is sound all the same
 */
import type { Clock, Timer, Timers } from '../host/clock.ts'
import type { MachinePartition } from './machine-partition.ts'

export interface UnprovenAnswersOptions<A> {
  readonly partition: MachinePartition
  readonly clock: Pick<Clock, 'monotonic'>
  readonly timers: Timers
  /** Answers that may wait. */
  readonly countMax: number
  /** … and how long. */
  readonly timeoutMs: number
  /** Not answered: they would wait with too many others, or did for too long. */
  readonly refused: (answers: readonly A[]) => void
}

/** Answers that wait for one proof; none once they were given up. */
interface Unproven<A> {
  answers: readonly A[]
  /** Monotonic. */
  readonly untilMs: number
  /** The partition forgets that they wait. */
  giveUp(): void
}

export class UnprovenAnswers<A> {
  readonly #options: UnprovenAnswersOptions<A>
  /** Oldest first. */
  readonly #waiting = new Set<Unproven<A>>()
  #count = 0
  #timer: Timer | null = null

  constructor(options: UnprovenAnswersOptions<A>) {
    this.#options = options
  }

  /** Calls `proven` with NONE when it is certain that this broker led when it was called, or with why it leads no more. */
  wait(answers: readonly A[], proven: (answers: readonly A[], errorCode: number) => void): void {
    const { partition, clock, countMax, timeoutMs, refused } = this.#options
    if (this.#count + answers.length > countMax) {
      refused(answers)
      return
    }
    const unproven = { answers, untilMs: clock.monotonic() + timeoutMs, giveUp() {} }
    this.#waiting.add(unproven)
    this.#count += answers.length
    unproven.giveUp = partition.waitForProof((errorCode) => proven(this.#forget(unproven), errorCode))
    if (this.#waiting.size > 0) this.#timer ??= this.#after(timeoutMs)
  }

  /** Returns those that waited. */
  #forget(unproven: Unproven<A>): readonly A[] {
    const { answers } = unproven
    this.#waiting.delete(unproven)
    this.#count -= answers.length
    unproven.answers = []
    if (this.#waiting.size === 0) {
      this.#timer?.cancel()
      this.#timer = null
    }
    return answers
  }

  #after(delayMs: number): Timer {
    return this.#options.timers.after(delayMs, () => this.#end())
  }

  /** A follower that may have been made leader does not ask this one. */
  #end(): void {
    const { clock, refused } = this.#options
    this.#timer = null
    const now = clock.monotonic()
    for (const unproven of this.#waiting) {
      if (unproven.untilMs > now) {
        this.#timer ??= this.#after(unproven.untilMs - now)
        return
      }
      const answers = this.#forget(unproven)
      unproven.giveUp()
      refused(answers)
    }
  }
}
