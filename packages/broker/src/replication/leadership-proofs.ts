/**
 * Waits until it is certain that this broker led a partition when they began. Another can only lead once it is no follower
 * any more, and it was one of those in sync, or eligible (KIP-966). So each of those must ask this leader for records, in
 * its epoch, with a request that it sent after the wait began.
 *
 *   a follower has one request under way on a connection: what comes there after another was sent after that was answered
 *
 * So the first that comes after the wait began says nothing, as it may have been on its way before, and the next on the same
 * connection does. One on another connection says as little as the first: what was cut off may arrive beside what followed it.
 */
import type { OffsetWait } from './offset-waits.ts'

interface Proof {
  readonly wait: OffsetWait
  /** How many requests had come when it began. */
  readonly since: number
}

interface Heard {
  /** Where the last request came in, and its number. */
  connection: object
  number: number
  /** It has sent a request after the one of this number came. */
  sentAfter: number
}

export class LeadershipProofs {
  /** Oldest first. */
  #proofs: Proof[] = []
  /** The followers that asked while somebody waited. */
  readonly #heard = new Map<number, Heard>()
  /** Requests that came while somebody waited. */
  #asks = 0

  get size(): number {
    return this.#proofs.length
  }

  add(wait: OffsetWait): void {
    this.#proofs.push({ wait, since: this.#asks })
  }

  /** Forgets a wait that was given up, if it still waits. */
  remove(wait: OffsetWait): void {
    const at = this.#proofs.findIndex((proof) => proof.wait === wait)
    if (at >= 0) this.#proofs.splice(at, 1)
    this.#forget()
  }

  /** A follower asked for records over a connection. It need not be told where nobody waits. */
  asked(id: number, connection: object): void {
    const number = ++this.#asks
    const heard = this.#heard.get(id)
    if (heard === undefined) {
      this.#heard.set(id, { connection, number, sentAfter: 0 })
      return
    }
    if (heard.connection === connection) heard.sentAfter = heard.number
    heard.connection = connection
    heard.number = number
  }

  /** Ends those that have heard of all of `followers`, which may lead. To be called when one asked, and when one is added. */
  check(followers: readonly number[]): void {
    let provenBefore = Number.POSITIVE_INFINITY
    for (const id of followers) provenBefore = Math.min(provenBefore, this.#heard.get(id)?.sentAfter ?? 0)
    const at = this.#proofs.findIndex(({ since }) => since >= provenBefore)
    const proven = this.#proofs.splice(0, at < 0 ? this.#proofs.length : at)
    this.#forget()
    for (const { wait } of proven) wait.reached(0)
  }

  fail(errorCode: number): void {
    const proofs = this.#proofs.splice(0)
    this.#forget()
    for (const { wait } of proofs) wait.reached(errorCode)
  }

  /** Where nobody waits, what was heard is of no use: whoever waits later hears anew. */
  #forget(): void {
    if (this.#proofs.length === 0) this.#heard.clear()
  }
}
