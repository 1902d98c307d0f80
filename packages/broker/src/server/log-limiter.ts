/**
 * Warnings about what clients do, without letting them fill the disk: a kind of warning has so many lines a second, and
 * what is left out is counted and told in the next second.
 */
import type { Logger } from 'pino'
import type { Clock } from '../host/clock.ts'

const SECOND_MS = 1000

/** The kinds of warnings; their counts are a metric. */
export const warningKinds = ['connection', 'request', 'batch', 'limit'] as const
export type WarningKind = (typeof warningKinds)[number]

interface KindState {
  secondBegan: number
  lines: number
  leftOut: number
  total: number
}

export class LogLimiter {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #logger: Pick<Logger, 'warn'>
  readonly #linesPerSecondMax: () => number
  readonly #kinds: { readonly [K in WarningKind]: KindState }

  constructor(clock: Pick<Clock, 'monotonic'>, logger: Pick<Logger, 'warn'>, linesPerSecondMax: () => number) {
    this.#clock = clock
    this.#logger = logger
    this.#linesPerSecondMax = linesPerSecondMax
    const state = (): KindState => ({ secondBegan: Number.NEGATIVE_INFINITY, lines: 0, leftOut: 0, total: 0 })
    this.#kinds = { connection: state(), request: state(), batch: state(), limit: state() }
  }

  /** How many warnings of a kind there were, written or not. */
  total(kind: WarningKind): number {
    return this.#kinds[kind].total
  }

  /** Writes the line, or counts it where the second has had its lines. */
  warn(kind: WarningKind, fields: object, text: string): void {
    const state = this.#kinds[kind]
    state.total += 1
    const now = this.#clock.monotonic()
    if (now - state.secondBegan >= SECOND_MS) {
      this.#tell(kind, state)
      state.secondBegan = now
      state.lines = 0
    }
    if (state.lines >= this.#linesPerSecondMax()) {
      state.leftOut += 1
      return
    }
    state.lines += 1
    this.#logger.warn(fields, text)
  }

  /** Tells what was left out in seconds that are over. Called now and then, lest the last ones are never told. */
  tick(): void {
    const now = this.#clock.monotonic()
    for (const kind of warningKinds) {
      const state = this.#kinds[kind]
      if (now - state.secondBegan >= SECOND_MS) this.#tell(kind, state)
    }
  }

  #tell(kind: WarningKind, state: KindState): void {
    if (state.leftOut === 0) return
    this.#logger.warn({ kind, leftOut: state.leftOut }, `${state.leftOut} more warnings of this kind were left out`)
    state.leftOut = 0
  }
}
