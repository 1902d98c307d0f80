import type { Completion, Decision, Now, Token } from '../src/runtime/decision.ts'
import { complete } from '../src/runtime/decision.ts'
import type { EncodedRecord, Machine, RecordCodec } from '../src/runtime/machine.ts'

/** A record of the tally: so much was added. */
export interface Added {
  readonly amount: number
  readonly padding?: number
}

/** The smallest machine there can be: it adds up, lets others wait for a sum, and adds one when its alarm rings. */
export class TallyMachine implements Machine<Added> {
  sum = 0
  loadedAt: number | null = null
  alarmAt = Number.POSITIVE_INFINITY
  readonly #waiting: { readonly sum: number; readonly token: Token<number> }[] = []

  add(amount: number, padding = 0): Decision<number, Added> {
    return { response: this.sum + amount, records: [{ amount, padding }], answers: this.#reached(this.sum + amount) }
  }

  read(): Decision<number, Added> {
    return { response: this.sum, records: [] }
  }

  /** Waits until the sum is at least `sum`. */
  reach(sum: number, token: Token<number>): Decision<number, Added> {
    if (this.sum >= sum) return { response: this.sum, records: [] }
    this.#waiting.push({ sum, token })
    return { response: null, records: [] }
  }

  replay(record: Added): void {
    this.sum += record.amount
  }

  loaded(now: Now): Decision<null, Added> {
    this.loadedAt = now.monotonicMs
    return { response: null, records: [] }
  }

  due(now: Now): Decision<null, Added> {
    if (now.monotonicMs < this.alarmAt) return { response: null, records: [] }
    this.alarmAt = Number.POSITIVE_INFINITY
    return { response: null, records: [{ amount: 1 }], answers: this.#reached(this.sum + 1) }
  }

  nextDeadline(): number {
    return this.alarmAt
  }

  #reached(sum: number): Completion[] {
    const answers: Completion[] = []
    for (const waiting of this.#waiting.splice(0)) {
      if (waiting.sum <= sum) answers.push(complete(waiting.token, sum))
      else this.#waiting.push(waiting)
    }
    return answers
  }
}

export const tallyCodec: RecordCodec<Added> = {
  encode({ amount, padding = 0 }: Added): EncodedRecord {
    return { key: Buffer.from('added'), value: Buffer.from(String(amount).padEnd(padding)) }
  },
  decode(key: Buffer, value: Buffer | null): Added | null {
    return key.toString() === 'added' && value !== null ? { amount: Number(value.toString()) } : null
  },
}
