/**
 * Replicas whose log cannot be used any more: their directory failed, or they are damaged. The metadata is told, so that
 * others lead them; until it has heard that, it is told again.
 */
import { errors } from '@odradek/protocol'
import type { Timer } from '../host/clock.ts'
import type { Host } from '../host/host.ts'
import type { Turn } from '../host/turn.ts'

const RETRY_MS = 1_000

export interface WithdrawalsOptions {
  readonly timers: Host['timers']
  readonly turn: Turn
  /** Resolves to 0 when the metadata has it, and to REQUEST_TIMED_OUT where it must be told again. */
  readonly withdraw: (topicId: string, indexes: readonly number[]) => Promise<number>
  /** The metadata has it. */
  readonly withdrawn: (topicId: string) => void
}

export class Withdrawals {
  readonly #options: WithdrawalsOptions
  #lost = new Map<string, Set<number>>()
  #isTelling = false
  /** Those that are being told of. */
  #told: readonly (readonly [topicId: string, indexes: ReadonlySet<number>])[] = []
  #retry: Timer | null = null
  #isClosed = false
  #awaiting: (() => void)[] = []

  constructor(options: WithdrawalsOptions) {
    this.#options = options
  }

  /** What is being told of already is not told of twice: when the metadata has it, it is looked at anew. */
  add(topicId: string, index: number): void {
    if (this.#told.some(([told, indexes]) => told === topicId && indexes.has(index))) return
    const indexes = this.#lost.get(topicId)
    if (indexes !== undefined) indexes.add(index)
    else this.#lost.set(topicId, new Set([index]))
    this.#soon()
  }

  /** Resolves when the metadata has been told of all there is to tell, or this is closed. */
  settled(): Promise<void> {
    if (this.#isClosed || (!this.#isTelling && this.#lost.size === 0)) return Promise.resolve()
    return new Promise((resolve) => void this.#awaiting.push(resolve))
  }

  close(): void {
    this.#isClosed = true
    this.#retry?.cancel()
    for (const resolve of this.#awaiting.splice(0)) resolve()
  }

  /** What is lost in one turn, a whole directory as a rule, is told together. */
  #soon(): void {
    if (this.#isTelling || this.#isClosed || this.#lost.size === 0) return
    this.#isTelling = true
    this.#options.turn.defer('answer', { endTurn: () => void this.#tell() })
  }

  async #tell(): Promise<void> {
    const { withdraw, withdrawn, timers } = this.#options
    const told = [...this.#lost]
    this.#told = told
    this.#lost = new Map()
    const outcomes = await Promise.all(told.map(([topicId, indexes]) => withdraw(topicId, [...indexes])))
    this.#isTelling = false
    this.#told = []
    if (this.#isClosed) return
    let isToldAgain = false
    for (const [at, [topicId, indexes]] of told.entries()) {
      if (outcomes[at] === errors.REQUEST_TIMED_OUT.code) {
        isToldAgain = true
        const more = this.#lost.get(topicId) ?? []
        this.#lost.set(topicId, new Set([...indexes, ...more]))
      } else if (outcomes[at] === errors.NONE.code) withdrawn(topicId)
    }
    if (this.#lost.size === 0) for (const resolve of this.#awaiting.splice(0)) resolve()
    if (!isToldAgain) this.#soon()
    else this.#retry = timers.after(RETRY_MS, () => this.#soon())
  }
}
