/**
 * Incremental fetch sessions (KIP-227): the broker remembers which partitions a client fetches and from where, so that a
 * request names only what changed and an answer only what is new.
 *
 *   session id 0, epoch -1   no session         id 0, epoch 0    opens one
 *   id n, epoch e > 0        the next request   id n, epoch -1   closes it
 */
import { errors, type FetchRequest, ZERO_UUID } from '@odradek/protocol'
import type { Host } from '../host/host.ts'

/** One partition that is fetched. */
export interface FetchPosition {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  fetchOffset: number
  currentLeaderEpoch: number
  lastFetchedEpoch: number
  partitionMaxBytes: number
  /** Where a follower's log begins. */
  logStartOffset: number
  /** What the client was last told, -1 where it must be told again. */
  highWatermark: number
  startOffset: number
}

export interface FetchSession {
  readonly id: number
  /** Whether another broker follows partitions by it. */
  readonly isFollowers: boolean
  /** The epoch that the next request must carry. */
  epoch: number
  /** In the order of their turn: a partition that gave records goes to the end. */
  readonly positions: Map<string, FetchPosition>
  lastUsedAt: number
}

/** What a request means: the positions to read, and the session to answer with, if any. */
export interface FetchPlan {
  readonly errorCode: number
  readonly positions: Iterable<FetchPosition>
  readonly session: FetchSession | null
  /** Whether partitions without news are left out of the answer. */
  readonly incremental: boolean
}

/** A session that was used this recently is not taken from its client for another's sake. */
const EVICTION_AGE_MS = 120_000
const FINAL_EPOCH = -1
const EPOCH_MAX = 0x7fffffff

export class FetchSessions {
  readonly #host: Host
  readonly #sessionsMax: number
  /** Least recently used first. */
  readonly #sessions = new Map<number, FetchSession>()

  constructor(host: Host, sessionsMax: number) {
    this.#host = host
    this.#sessionsMax = sessionsMax
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Reads a request in the light of its session. */
  plan(request: FetchRequest): FetchPlan {
    const { sessionId, sessionEpoch } = request
    if (sessionEpoch === FINAL_EPOCH || sessionEpoch === 0) {
      if (sessionId !== 0) this.#sessions.delete(sessionId)
      const positions = new Map<string, FetchPosition>()
      update(positions, request)
      const isFollowers = Math.max(request.replicaId, request.replicaState.replicaId) >= 0
      const session = sessionEpoch === 0 ? this.#open(positions, isFollowers) : null
      return { errorCode: 0, positions: positions.values(), session, incremental: false }
    }
    const session = this.#sessions.get(sessionId)
    if (!session) return refused(errors.FETCH_SESSION_ID_NOT_FOUND.code)
    if (sessionEpoch !== session.epoch) return refused(errors.INVALID_FETCH_SESSION_EPOCH.code)
    session.epoch = session.epoch === EPOCH_MAX ? 1 : session.epoch + 1
    session.lastUsedAt = this.#host.clock.monotonic()
    this.#sessions.delete(sessionId)
    this.#sessions.set(sessionId, session)
    for (const { topic, topicId, partitions } of request.forgottenTopicsData) {
      for (const index of partitions) session.positions.delete(keyOf(topic, topicId, index))
    }
    update(session.positions, request)
    if (session.positions.size === 0) {
      // Nothing is left to fetch: the answer says session 0, and the client opens another when it needs one.
      this.#sessions.delete(sessionId)
      return { errorCode: 0, positions: [], session: null, incremental: true }
    }
    return { errorCode: 0, positions: [...session.positions.values()], session, incremental: true }
  }

  /** Puts a partition that gave records behind the others. */
  served(session: FetchSession, position: FetchPosition): void {
    const key = keyOf(position.topic, position.topicId, position.index)
    if (session.positions.delete(key)) session.positions.set(key, position)
  }

  /** A new session, or null when all places are taken by those that use them. */
  #open(positions: Map<string, FetchPosition>, isFollowers: boolean): FetchSession | null {
    const now = this.#host.clock.monotonic()
    if (this.#sessions.size >= this.#sessionsMax) {
      const evicted = this.#evictable(now, isFollowers)
      if (evicted === null) return null
      this.#sessions.delete(evicted.id)
    }
    let id = 0
    while (id === 0 || this.#sessions.has(id)) id = this.#host.random.below(EPOCH_MAX)
    const session = { id, isFollowers, epoch: 1, positions, lastUsedAt: now }
    this.#sessions.set(id, session)
    return session
  }

  /**
   * Whose place is taken: whoever was silent for longest, if that is long; for a follower any consumer, however many there are
   * and whatever they do. A follower names thousands of partitions in each request that has no session.
   */
  #evictable(now: number, isForFollower: boolean): FetchSession | null {
    for (const session of this.#sessions.values()) {
      if (now - session.lastUsedAt >= EVICTION_AGE_MS) return session
      if (!isForFollower) return null
      if (!session.isFollowers) return session
    }
    return null
  }
}

function refused(errorCode: number): FetchPlan {
  return { errorCode, positions: [], session: null, incremental: false }
}

function keyOf(topic: string, topicId: string, index: number): string {
  return `${topicId === ZERO_UUID ? topic : topicId}/${index}`
}

function update(positions: Map<string, FetchPosition>, request: FetchRequest): void {
  for (const { topic, topicId, partitions } of request.topics) {
    for (const wanted of partitions) {
      const key = keyOf(topic, topicId, wanted.partition)
      const known = positions.get(key)
      if (known) {
        known.fetchOffset = wanted.fetchOffset
        known.currentLeaderEpoch = wanted.currentLeaderEpoch
        known.lastFetchedEpoch = wanted.lastFetchedEpoch
        known.partitionMaxBytes = wanted.partitionMaxBytes
        known.logStartOffset = wanted.logStartOffset
      } else {
        positions.set(key, {
          topic,
          topicId,
          index: wanted.partition,
          fetchOffset: wanted.fetchOffset,
          currentLeaderEpoch: wanted.currentLeaderEpoch,
          lastFetchedEpoch: wanted.lastFetchedEpoch,
          partitionMaxBytes: wanted.partitionMaxBytes,
          logStartOffset: wanted.logStartOffset,
          highWatermark: -1,
          startOffset: -1,
        })
      }
    }
  }
}
