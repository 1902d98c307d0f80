import type { Follower } from './follower.ts'
import { type FetcherOptions, LeaderFetcher } from './leader-fetcher.ts'

/** The fetchers of this broker: one for each leader that it follows, and one more for topics that wait for the disk. */
export class Fetchers {
  readonly #options: FetcherOptions
  readonly #fetchers = new Map<string, LeaderFetcher>()
  readonly #fetcherOf = new Map<Follower, LeaderFetcher>()
  #isClosed = false

  constructor(options: FetcherOptions) {
    this.#options = options
  }

  /** Fetches for a follower, from the leader that it has now; one that was followed goes on where it was. */
  follow(follower: Follower): void {
    const before = this.#fetcherOf.get(follower)
    const fetcher = follower.offlineCode === 0 ? this.#fetcher(follower) : null
    if (before === fetcher) {
      if (before !== null && follower.askedEpoch !== follower.leaderEpoch) before.moved(follower)
      return
    }
    if (before !== undefined) this.unfollow(follower)
    if (fetcher === null) return
    this.#fetcherOf.set(follower, fetcher)
    fetcher.add(follower)
  }

  /** Fetches no more for a follower. */
  unfollow(follower: Follower): void {
    this.#fetcherOf.get(follower)?.remove(follower)
    this.#fetcherOf.delete(follower)
  }

  /** A follower's log was cut, or could not be: after `pauseMs` it is to be asked for again. */
  resume(follower: Follower, pauseMs: number): void {
    this.#fetcherOf.get(follower)?.resume(follower, pauseMs)
  }

  /** More of a follower's log is durable. */
  flushed(follower: Follower): void {
    this.#fetcherOf.get(follower)?.flushed()
  }

  close(): void {
    this.#isClosed = true
    for (const fetcher of this.#fetchers.values()) fetcher.close()
    this.#fetchers.clear()
    this.#fetcherOf.clear()
  }

  /** Null where nobody leads it. */
  #fetcher({ leader, log }: Follower): LeaderFetcher | null {
    if (leader < 0 || this.#isClosed) return null
    const key = `${leader} ${log.isFlushSynchronous}`
    let fetcher = this.#fetchers.get(key)
    if (fetcher === undefined) {
      fetcher = new LeaderFetcher(leader, log.isFlushSynchronous, this.#options)
      this.#fetchers.set(key, fetcher)
    }
    return fetcher
  }
}
