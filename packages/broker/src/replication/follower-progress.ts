/**
 * What a leader knows of its followers, and what follows from it: which are in sync, and how far all of those have come. It
 * decides; it changes nothing but what it knows.
 *
 *   in sync        the metadata says so (the committed set)
 *   counted        in sync, or about to be: a change that is under way may be stored already, so both sets count
 *   caught up at   the last time at which the follower asked for what came after all that the leader had when it asked
 *                  the time before: a busy leader is always ahead by what came since
 *
 * A follower asks for offset n when it has all below n, written (`flush.mode=async`) or durable (`sync`): that it asks is
 * its acknowledgement.
 */

interface Follower {
  /** All below it is there; -1 before it has asked. */
  endOffset: number
  /** Where its log begins; -1 before it has said so. */
  startOffset: number
  /** Monotonic. */
  caughtUpAt: number
  /** Monotonic: its last request, and where the leader ended then. */
  askedAt: number
  leaderEndThen: number
  /** The registration with which it asked last. */
  brokerEpoch: number
}

export class FollowerProgress {
  readonly #leaderId: number
  readonly #followers = new Map<number, Follower>()
  #counted: readonly number[] = []

  /** `now` is monotonic: every follower has the time it may lag from then on. */
  constructor(leaderId: number, replicas: readonly number[], isr: readonly number[], now: number) {
    this.#leaderId = leaderId
    this.follow(replicas, isr, now)
  }

  /** The replicas and those that count are others now. What is known of replicas that stay is kept. */
  follow(replicas: readonly number[], counted: readonly number[], now: number): void {
    for (const id of this.#followers.keys()) if (!replicas.includes(id)) this.#followers.delete(id)
    for (const id of replicas) {
      if (id === this.#leaderId || this.#followers.has(id)) continue
      this.#followers.set(id, {
        endOffset: -1,
        startOffset: -1,
        caughtUpAt: now,
        askedAt: now,
        leaderEndThen: 0,
        brokerEpoch: -1,
      })
    }
    this.#counted = counted.filter((id) => id !== this.#leaderId)
  }

  /** A follower asked for `offset`, in a log that begins at `startOffset`. Returns whether it was further than ever before. */
  asked(id: number, brokerEpoch: number, offset: number, leaderEnd: number, now: number, startOffset = -1): boolean {
    const follower = this.#followers.get(id)
    if (follower === undefined) return false
    if (offset >= leaderEnd) follower.caughtUpAt = now
    else if (follower.endOffset >= 0 && offset >= follower.leaderEndThen)
      follower.caughtUpAt = Math.max(follower.caughtUpAt, follower.askedAt)
    follower.askedAt = now
    follower.leaderEndThen = leaderEnd
    follower.brokerEpoch = brokerEpoch
    const isFurther = offset > follower.endOffset
    follower.endOffset = offset
    follower.startOffset = startOffset
    return isFurther
  }

  /** A follower is gone, or another one has come under its id: what it had is no longer known. */
  forget(id: number): void {
    const follower = this.#followers.get(id)
    if (follower === undefined) return
    follower.endOffset = -1
    follower.startOffset = -1
  }

  /** All below it is there, at a follower; -1 where that is not known. */
  endOffsetOf(id: number): number {
    return this.#followers.get(id)?.endOffset ?? -1
  }

  /** Where a follower's log begins; -1 where that is not known. */
  startOffsetOf(id: number): number {
    return this.#followers.get(id)?.startOffset ?? -1
  }

  /** All below what is returned is on every replica that counts, given that all below `ownOffset` is on this one. */
  commonOffset(ownOffset: number): number {
    let least = ownOffset
    for (const id of this.#counted) {
      const { endOffset } = this.#followers.get(id)!
      if (endOffset < least) least = endOffset
    }
    return least
  }

  /** Those of `isr` that have lagged for longer than `lagMs`. */
  laggards(isr: readonly number[], leaderEnd: number, now: number, lagMs: number): number[] {
    return isr.filter((id) => {
      const follower = this.#followers.get(id)
      if (follower === undefined || follower.endOffset === leaderEnd) return false
      return now - follower.caughtUpAt > lagMs
    })
  }

  /**
   * Whether a follower may come in sync: it has all that is committed, and all that was there when this leader began. It
   * asked with the registration that it has now, so nothing of what it had is lost since.
   */
  mayComeIn(id: number, brokerEpoch: number, highWatermark: number, epochStart: number): boolean {
    const follower = this.#followers.get(id)
    if (follower === undefined || follower.brokerEpoch !== brokerEpoch) return false
    return follower.endOffset >= Math.max(highWatermark, epochStart)
  }

  /** Milliseconds since each follower had all that the leader had, for views. */
  *lags(now: number): Generator<{ id: number; endOffset: number; lagMs: number }> {
    for (const [id, { endOffset, caughtUpAt }] of this.#followers)
      yield { id, endOffset, lagMs: Math.max(0, now - caughtUpAt) }
  }
}
