/** A fetch (or another reader) that waits for records. `wake` may be called more often than there is news. */
export interface FetchWait {
  wake(): void
}

/** A follower's fetch that waits. */
export interface FollowerFetchWait extends FetchWait {
  /** Answers with what there is, at the end of this turn: the follower is to ask again. */
  hurry(): void
}

/** The fetches that wait on a replica: those of readers up to the high watermark, and those of followers to the log's end. */
export class FetchWaits {
  readonly #readers = new Set<FetchWait>()
  readonly #followers = new Set<FollowerFetchWait>()

  get size(): number {
    return this.#readers.size + this.#followers.size
  }

  add(wait: FetchWait): void {
    this.#readers.add(wait)
  }

  addFollower(wait: FollowerFetchWait): void {
    this.#followers.add(wait)
  }

  remove(wait: FetchWait): void {
    this.#readers.delete(wait)
    this.#followers.delete(wait as FollowerFetchWait)
  }

  wakeReaders(): void {
    for (const wait of this.#readers) wait.wake()
  }

  wakeFollowers(): void {
    for (const wait of this.#followers) wait.wake()
  }

  hurryFollowers(): void {
    for (const wait of this.#followers) wait.hurry()
  }
}
