/**
 * One turn: all that is ready now is read and decided; what that causes is done once, at the turn's end, in this order:
 *
 *   write   logs write the batches they staged          (one write per segment)
 *   answer  requests whose condition came true answer   (acknowledgements, woken fetches)
 *   send    connections send what was answered          (one write per socket)
 *   rest    what nobody waits for, a little of it       (records that are due are delivered)
 *
 * A task deferred while the end of the turn runs is done in the same turn; an earlier stage is always emptied first. But
 * the rest is done once in a turn: what it leaves over comes after the requests that the next turn reads.
 */
import type { Timers } from './clock.ts'

export type TurnStage = 'write' | 'answer' | 'send' | 'rest'

/** Something to do at the end of the turn. An object, not a closure: the hot path defers itself, once. */
export interface TurnTask {
  endTurn(): void
}

export class Turn {
  readonly #timers: Timers
  readonly #failed: (error: unknown) => void
  readonly #writes: TurnTask[] = []
  readonly #answers: TurnTask[] = []
  readonly #sends: TurnTask[] = []
  readonly #rests: TurnTask[] = []
  readonly #end = () => this.#run()
  #scheduled = false
  /** Whether one of the rests asks for a turn of its own. */
  #areRestsDue = false
  /** Turns in which somebody was answered before the rest was done. */
  answered = 0

  /** `failed` hears of tasks that threw, which is a bug in them: the others of the turn are done all the same. */
  constructor(timers: Timers, failed: (error: unknown) => void = rethrow) {
    this.#timers = timers
    this.#failed = failed
  }

  /** Does `task` at the end of this turn. Callers see to it that a task is not deferred twice. */
  defer(stage: TurnStage, task: TurnTask): void {
    const queue =
      stage === 'write'
        ? this.#writes
        : stage === 'answer'
          ? this.#answers
          : stage === 'send'
            ? this.#sends
            : this.#rests
    queue.push(task)
    if (stage === 'rest') this.#areRestsDue = true
    this.#schedule()
  }

  /** Does `task` among the rest of the next turn there is, whoever causes that. */
  deferQuietly(task: TurnTask): void {
    this.#rests.push(task)
  }

  /** Lets this turn end though nothing was deferred in it but quietly. */
  end(): void {
    this.#areRestsDue = true
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#timers.endOfTurn(this.#end)
  }

  #run(): void {
    if (this.#settle()) this.answered++
    if (this.#rests.length > 0) {
      this.#areRestsDue = false
      this.#drain(this.#rests)
      this.#settle()
    }
    this.#scheduled = false
    if (this.#areRestsDue) this.#schedule()
  }

  /** True where anything was sent. */
  #settle(): boolean {
    const writes = this.#writes
    const answers = this.#answers
    const sends = this.#sends
    let isSent = false
    while (writes.length > 0 || answers.length > 0 || sends.length > 0) {
      if (writes.length > 0) this.#drain(writes)
      else if (answers.length > 0) this.#drain(answers)
      else {
        isSent = true
        this.#drain(sends)
      }
    }
    return isSent
  }

  /** Runs and removes the tasks that are there now; what they add stays for the next round. */
  #drain(tasks: TurnTask[]): void {
    for (const task of tasks.splice(0)) {
      try {
        task.endTurn()
      } catch (error) {
        this.#failed(error)
      }
    }
  }
}

function rethrow(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
