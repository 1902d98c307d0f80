import type { Log } from '../storage/log.ts'
import type { FetchWait } from './fetch-waits.ts'

/** A replica that consumers may read from: the leader's, or a follower's up to what it knows to be committed (KIP-392). */
export interface ReadableReplica {
  readonly topic: string
  readonly index: number
  readonly log: Log
  readonly leaderEpoch: number
  /** The end for readers of uncommitted records. */
  readonly highWatermark: number
  /** The end for readers of committed records. */
  readonly lastStableOffset: number
  /** 0 while it can be used, else the error that its requests are answered with. */
  readonly offlineCode: number
  /** Wakes `wait` whenever there may be more to read, until it is removed. */
  addFetch(wait: FetchWait): void
  removeFetch(wait: FetchWait): void
}
