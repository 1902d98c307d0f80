import type { ResultRecord } from './jobs-record.ts'
import { writeSteps } from './place-list.ts'

/** Collects what became of the letters of a claim, and writes it as a record. */
export class ResultDraft {
  readonly #of: { readonly job: string; readonly epoch: number; readonly runner: string }
  readonly #sent: [string, number, number, number[]][] = []
  readonly #failed = new Map<string, number[]>()
  readonly #skipped = new Map<string, number[]>()
  readonly #returned: number[] = []

  constructor(of: { readonly job: string; readonly epoch: number; readonly runner: string }) {
    this.#of = of
  }

  /** They are in the partition one after the other from `offset` on; -1: where is not known. */
  send(topic: string, partition: number, offset: number, letters: readonly number[]): void {
    this.#sent.push([topic, partition, offset, writeSteps(letters)])
  }

  fail(letter: number, reason: string): void {
    note(this.#failed, letter, reason)
  }

  skip(letter: number, reason: string): void {
    note(this.#skipped, letter, reason)
  }

  /** It was certainly not sent. */
  giveBack(letter: number): void {
    this.#returned.push(letter)
  }

  record(claim: ResultRecord['claim']): ResultRecord {
    const reasons = (letters: ReadonlyMap<string, number[]>) =>
      [...letters].map(([reason, numbers]) => [reason, writeSteps(numbers)] as const)
    return {
      kind: 'result',
      ...this.#of,
      claim,
      sent: this.#sent,
      failed: reasons(this.#failed),
      skipped: reasons(this.#skipped),
      returned: writeSteps(this.#returned),
    }
  }
}

function note(reasons: Map<string, number[]>, letter: number, reason: string): void {
  const letters = reasons.get(reason)
  if (letters === undefined) reasons.set(reason, [letter])
  else letters.push(letter)
}
