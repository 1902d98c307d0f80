/** A scrub that somebody asked for: the logs that are to be read now, and what came of them. */
import type { Damage } from './damage.ts'
import type { Log } from './log.ts'

/** Which log. */
export interface ScrubbedLog {
  readonly topic: string
  readonly partition: number
  /** Of the log's files. */
  readonly directory: string
}

export interface ScrubRequestState {
  readonly askedMs: number
  /** Null while it is under way. */
  readonly endedMs: number | null
  /** How many were to be read, and how many are done with. */
  readonly logs: number
  readonly done: number
  /** Closed segments that were read as a whole, and bytes read. */
  readonly segments: number
  readonly readBytes: number
  /** In the order in which they were found. */
  readonly damaged: readonly (ScrubbedLog & Damage)[]
  /** Those that are offline already, or cannot be read for now: why. */
  readonly unread: readonly (ScrubbedLog & { readonly problem: string })[]
}

export class ScrubRequest implements ScrubRequestState {
  readonly askedMs: number
  readonly logs: number
  endedMs: number | null = null
  done = 0
  segments = 0
  readBytes = 0
  readonly damaged: (ScrubbedLog & Damage)[] = []
  readonly unread: (ScrubbedLog & { readonly problem: string })[] = []
  /** The last one first. */
  readonly #left: Log[]

  constructor(logs: readonly Log[], askedMs: number) {
    this.askedMs = askedMs
    this.logs = logs.length
    this.#left = logs.toReversed()
  }

  /** Whether there are logs that nobody began to read. */
  get isWaiting(): boolean {
    return this.#left.length > 0
  }

  /** The next one to be read. */
  take(): Log | undefined {
    return this.#left.pop()
  }

  found(log: Log, damage: Damage): void {
    this.damaged.push({ ...nameOf(log), ...damage })
  }

  /** That log is done with; `error` says why it could not be read. One that was deleted is not to be. */
  ended(log: Log, error: Error | null): void {
    this.done++
    if (error !== null && !log.isClosed) this.unread.push({ ...nameOf(log), problem: error.message })
  }
}

function nameOf({ topic, partition, directory }: Log): ScrubbedLog {
  return { topic, partition, directory }
}
