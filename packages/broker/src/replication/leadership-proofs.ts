/**
 * Waits until it is certain that this broker led a partition when they began. Another can only lead once it is no follower
 * any more, and it was one of those in sync, or eligible (KIP-966). So each of those must ask this leader for records, in
 * its epoch, with a request that it sent after the wait began: the first to come may have been on its way before, the one
 * after it answers an answer.
 */
import type { FollowerProgress } from './follower-progress.ts'
import type { OffsetWait } from './offset-waits.ts'

const ASKS_NEEDED = 2

interface Proof {
  readonly wait: OffsetWait
  /** How often each follower had asked when it began; those that came in sync since began then. */
  readonly asksBefore: Map<number, number>
}

export class LeadershipProofs {
  #proofs: Proof[] = []

  get size(): number {
    return this.#proofs.length
  }

  add(wait: OffsetWait): void {
    this.#proofs.push({ wait, asksBefore: new Map() })
  }

  /** Forgets a wait that was given up, if it still waits. */
  remove(wait: OffsetWait): void {
    const at = this.#proofs.findIndex((proof) => proof.wait === wait)
    if (at >= 0) this.#proofs.splice(at, 1)
  }

  /** Ends those that have heard of all of `followers`, which may lead. To be called when one asked, and when one is added. */
  check(followers: readonly number[], progress: FollowerProgress): void {
    const proven: OffsetWait[] = []
    this.#proofs = this.#proofs.filter(({ wait, asksBefore }) => {
      let isProven = true
      for (const id of followers) {
        const asks = progress.asksOf(id)
        const before = asksBefore.get(id)
        if (before === undefined) asksBefore.set(id, asks)
        if (asks < (before ?? asks) + ASKS_NEEDED) isProven = false
      }
      if (isProven) proven.push(wait)
      return !isProven
    })
    for (const wait of proven) wait.reached(0)
  }

  fail(errorCode: number): void {
    const proofs = this.#proofs
    this.#proofs = []
    for (const { wait } of proofs) wait.reached(errorCode)
  }
}
