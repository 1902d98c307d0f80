/**
 * Fetches from one leader what this broker follows of it: one request at a time for all its partitions, in an incremental
 * session (KIP-227), so that a request names only what moved. Where that is very much, several requests name it, which the
 * leader answers at once.
 *
 *   ask ─▶ answered ─▶ appended ─end of turn─▶ written ─▶ (flushed) ─▶ ask
 *            └ failed ─▶ pause ─▶ ask, with all partitions
 *
 * Topics that are flushed before they are acknowledged have a fetcher of their own, which asks again when all of them are
 * durable: others do not wait for the disk with them.
 */
import { errors, Fetch, type FetchRequest, type RequestInput, type ResponseOutput } from '@odradek/protocol'
import type { Timer } from '../host/clock.ts'
import type { Host } from '../host/host.ts'
import type { Turn, TurnTask } from '../host/turn.ts'
import type { Follower } from './follower.ts'
import type { Asker } from './peers/peer-connection.ts'
import type { PeerError } from './peers/peer-error.ts'
import { peerVersions } from './peers/peer-versions.ts'
import type { Peers } from './peers/peers.ts'
import type { ReplicationQuota } from './replication-quota.ts'

const MIN_BYTES = 1
const EPOCH_MAX = 0x7fffffff
/** Between two failures of a leader that was reached, and until it is looked again whether it can be. */
const PAUSE_MS = 100
/** Whoever is held up looks so often whether it still is. */
const THROTTLE_MS_MAX = 1_000
/** How many times `waitMsMax` a poll lasts where the ones before brought nothing. */
const PATIENCE_MAX = 10
/** What part of the time that a follower may lag: its last request says when it had all. */
const PATIENT_LAG_PART = 6
/** A poll is not cut off more often for the sake of partitions that are new. */
const INTERRUPT_MS_MIN = 100
/**
 * How many partitions one request names at most; the others are for the next. And how many it forgets: where there are more, a
 * session is begun anew without them, because a leader takes each request for a sign that what its session has is still
 * followed. Each in a topic of its own, they are fewer elements than any `request.elements.max` allows: a leader that closed the
 * connection would do so for ever.
 */
export const NAMED_MAX = 8_000
export const FORGOTTEN_MAX = 1_000

type Question = RequestInput<typeof Fetch>
type Answer = ResponseOutput<typeof Fetch>
type AskedPartition = FetchRequest['topics'][number]['partitions'][number]

export interface FetcherSettings {
  /** `replica.fetch.wait.max.ms` */
  readonly waitMsMax: number
  /** `replica.lag.time.max.ms` */
  readonly lagMsMax: number
  /** `replica.fetch.max.bytes` */
  readonly partitionBytesMax: number
  /** `replica.fetch.response.max.bytes` */
  readonly answerBytesMax: number
  /** `replica.socket.timeout.ms` */
  readonly timeoutMs: number
}

export interface FetcherOptions {
  readonly host: Pick<Host, 'clock' | 'timers'>
  readonly turn: Turn
  readonly peers: Peers
  readonly nodeId: number
  readonly settings: () => FetcherSettings
  /** The epoch of this broker's registration, -1 while it has none. */
  readonly brokerEpoch: () => number
  /** What replicas take that catch up and are to be held up. */
  readonly quota: ReplicationQuota
  readonly isThrottled: (follower: Follower) => boolean
  /** Whether the metadata says that this broker's replica is in sync. */
  readonly isInSync: (follower: Follower) => boolean
}

export class LeaderFetcher implements TurnTask, Asker<Answer> {
  readonly leader: number
  readonly #isFlushed: boolean
  readonly #options: FetcherOptions
  readonly #followers = new Set<Follower>()
  readonly #byTopic = new Map<string, Map<number, Follower>>()
  /** Those that the next request must name. */
  readonly #news = new Set<Follower>()
  /** Those that are not asked for, and until when (monotonic). */
  readonly #paused = new Map<Follower, number>()
  /** Partitions that the session has and that are not asked for any more, by topic id. */
  readonly #forgotten = new Map<string, Set<number>>()
  #sessionId = 0
  /** 0: the next request begins a session. */
  #sessionEpoch = 0
  #isAsking = false
  /** Whether the leader answers what is asked at once, because there is more to name. */
  #isHurried = false
  #isDeferred = false
  #isClosed = false
  /** Monotonic: not to be asked before. */
  #restsUntil = 0
  #interruptedAt = Number.NEGATIVE_INFINITY
  #isInterrupted = false
  /** How many times longer than `waitMsMax` the next poll may last: while nothing happens it becomes longer. */
  #patience = 1
  #timer: Timer | null = null
  #timerAt = Number.POSITIVE_INFINITY

  constructor(leader: number, isFlushed: boolean, options: FetcherOptions) {
    this.leader = leader
    this.#isFlushed = isFlushed
    this.#options = options
  }

  get size(): number {
    return this.#followers.size
  }

  add(follower: Follower): void {
    this.#followers.add(follower)
    let ofTopic = this.#byTopic.get(follower.topicId)
    if (ofTopic === undefined) {
      ofTopic = new Map()
      this.#byTopic.set(follower.topicId, ofTopic)
    }
    ofTopic.set(follower.index, follower)
    this.#askAnew(follower)
    this.#soon()
  }

  remove(follower: Follower): void {
    if (!this.#followers.delete(follower)) return
    const ofTopic = this.#byTopic.get(follower.topicId)!
    ofTopic.delete(follower.index)
    if (ofTopic.size === 0) this.#byTopic.delete(follower.topicId)
    this.#news.delete(follower)
    this.#paused.delete(follower)
    this.#forget(follower)
    // It may have been the one that the others waited for.
    if (!this.#isAsking) this.#soon()
  }

  /** A follower is to be asked for under another epoch than before. */
  moved(follower: Follower): void {
    this.#askAnew(follower)
    this.#soon()
  }

  /** A follower whose log was being cut is to be asked for again, after `pauseMs`. */
  resume(follower: Follower, pauseMs: number): void {
    if (pauseMs > 0) this.#pause(follower, pauseMs)
    else this.#askAnew(follower)
    this.#soon()
  }

  /** More of a log is durable: it may have been what is waited for. */
  flushed(): void {
    if (this.#isFlushed && !this.#isAsking) this.#soon()
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  /** End of the turn, after all logs were written: asks for what is next. */
  endTurn(): void {
    this.#isDeferred = false
    if (this.#isClosed || this.#followers.size === 0) return
    if (this.#isAsking && this.#news.size > 0 && !this.#isHurried) this.#interrupt()
    if (this.#isAsking) return
    const { clock } = this.#options.host
    const now = clock.monotonic()
    this.#endPauses(now)
    const pauseMs = this.#options.peers.pauseMs(this.leader, this.#purpose)
    const restsUntil = Math.max(this.#restsUntil, now + pauseMs)
    if (restsUntil > now) this.#at(restsUntil)
    else if (this.#options.brokerEpoch() < 0) this.#at(now + PAUSE_MS)
    else if (!this.#isWaitingForDisk && this.#paused.size < this.#followers.size) this.#ask()
  }

  answered(answer: Answer): void {
    this.#isAsking = false
    if (this.#isClosed) return
    if (answer.errorCode !== errors.NONE.code) {
      const isSessionLost =
        answer.errorCode === errors.FETCH_SESSION_ID_NOT_FOUND.code ||
        answer.errorCode === errors.INVALID_FETCH_SESSION_EPOCH.code
      this.#endSession()
      if (!isSessionLost) this.#rest()
      this.#soon()
      return
    }
    this.#sessionId = answer.sessionId
    this.#sessionEpoch = answer.sessionId === 0 ? 0 : this.#sessionEpoch === EPOCH_MAX ? 1 : this.#sessionEpoch + 1
    for (const { topicId, partitions } of answer.responses) {
      const ofTopic = this.#byTopic.get(topicId)
      for (const found of partitions) {
        const follower = ofTopic?.get(found.partitionIndex)
        if (follower === undefined || this.#news.has(follower)) continue
        // It was asked for in another epoch, or from elsewhere: the answer is to another question.
        const isMeant = follower.askedOffset === follower.log.endOffset && follower.askedEpoch === follower.leaderEpoch
        const pauseMs = isMeant ? follower.take(found) || this.#throttleMs(follower) : 0
        if (pauseMs > 0) this.#pause(follower, pauseMs)
        else this.#news.add(follower)
      }
    }
    this.#patience = this.#isQuiet(answer) ? Math.min(PATIENCE_MAX, 2 * this.#patience) : 1
    this.#soon()
  }

  failed(error: PeerError): void {
    this.#isAsking = false
    this.#endSession()
    if (this.#isClosed) return
    if (!this.#isInterrupted && error.unsent) this.#rest()
    this.#isInterrupted = false
    this.#soon()
  }

  /** Whether a poll brought nothing, and nothing is waited for that only asking again brings about. */
  #isQuiet({ responses }: Answer): boolean {
    if (responses.length > 0 || this.#news.size > 0) return false
    // The leader takes a replica in when it asks.
    for (const follower of this.#followers) if (!this.#options.isInSync(follower)) return false
    return true
  }

  /** For how long a follower that catches up is to be held up after what it just took. */
  #throttleMs(follower: Follower): number {
    const bytes = follower.tookBytes
    if (bytes === 0 || !this.#options.isThrottled(follower)) return 0
    const { quota } = this.#options
    quota.took(bytes)
    return Math.min(THROTTLE_MS_MAX, quota.delayMs)
  }

  get #purpose(): 'fetch' | 'fetch-flushed' {
    return this.#isFlushed ? 'fetch-flushed' : 'fetch'
  }

  get #isWaitingForDisk(): boolean {
    if (!this.#isFlushed) return false
    for (const { offlineCode, isCutting, isAcknowledgeable } of this.#followers)
      if (offlineCode === 0 && !isCutting && !isAcknowledgeable) return true
    return false
  }

  #ask(): void {
    const { peers, nodeId, brokerEpoch, settings } = this.#options
    const { waitMsMax, lagMsMax, partitionBytesMax, answerBytesMax, timeoutMs } = settings()
    const patientMs = Math.min(this.#patience * waitMsMax, Math.max(waitMsMax, Math.floor(lagMsMax / PATIENT_LAG_PART)))
    if (this.#forgottenCount > FORGOTTEN_MAX) this.#sessionEpoch = 0
    if (this.#sessionEpoch === 0) {
      this.#forgotten.clear()
      for (const follower of this.#followers) this.#news.add(follower)
    }
    const topics = new Map<string, AskedPartition[]>()
    let named = 0
    for (const follower of this.#news) {
      if (named === NAMED_MAX) break
      this.#news.delete(follower)
      if (this.#paused.has(follower)) continue
      named += 1
      const { log, leaderEpoch } = follower
      follower.askedOffset = log.endOffset
      follower.askedEpoch = leaderEpoch
      this.#forgotten.get(follower.topicId)?.delete(follower.index)
      let partitions = topics.get(follower.topicId)
      if (partitions === undefined) {
        partitions = []
        topics.set(follower.topicId, partitions)
      }
      partitions.push({
        partition: follower.index,
        currentLeaderEpoch: leaderEpoch,
        fetchOffset: log.endOffset,
        lastFetchedEpoch: follower.lastEpoch,
        logStartOffset: log.startOffset,
        partitionMaxBytes: partitionBytesMax,
      } as AskedPartition)
    }
    this.#isHurried = this.#news.size > 0
    const maxWaitMs = this.#isHurried ? 0 : patientMs
    const request: Question = {
      replicaState: { replicaId: nodeId, replicaEpoch: brokerEpoch() },
      maxWaitMs,
      minBytes: MIN_BYTES,
      maxBytes: answerBytesMax,
      sessionId: this.#sessionId,
      sessionEpoch: this.#sessionEpoch,
      topics: [...topics].map(([topicId, partitions]) => ({ topicId, partitions })),
      forgottenTopicsData: this.#takeForgotten(),
    }
    this.#isAsking = true
    const question = { api: Fetch, version: peerVersions.Fetch, request, timeoutMs: maxWaitMs + timeoutMs }
    peers.send(this.leader, this.#purpose, question, this)
  }

  #takeForgotten(): { topicId: string; partitions: number[] }[] {
    const taken: { topicId: string; partitions: number[] }[] = []
    for (const [topicId, indexes] of this.#forgotten)
      if (indexes.size > 0) taken.push({ topicId, partitions: [...indexes] })
    this.#forgotten.clear()
    return taken
  }

  get #forgottenCount(): number {
    let count = 0
    for (const indexes of this.#forgotten.values()) count += indexes.size
    return count
  }

  /** Names a follower in the next request, wherever the session thinks it is; one whose log is being cut, after that. */
  #askAnew(follower: Follower): void {
    follower.askedOffset = -1
    this.#patience = 1
    if (follower.isCutting) {
      this.#paused.set(follower, Number.POSITIVE_INFINITY)
      return
    }
    this.#paused.delete(follower)
    this.#news.add(follower)
  }

  #pause(follower: Follower, pauseMs: number): void {
    const until = this.#options.host.clock.monotonic() + pauseMs
    this.#paused.set(follower, until)
    this.#forget(follower)
    this.#at(until)
  }

  #endPauses(now: number): void {
    for (const [follower, until] of this.#paused) {
      const { quota, isThrottled } = this.#options
      if (until > now) this.#at(until)
      else if (quota.delayMs > 0 && isThrottled(follower))
        this.#pause(follower, Math.min(THROTTLE_MS_MAX, quota.delayMs))
      else this.#askAnew(follower)
    }
  }

  #forget({ topicId, index }: Follower): void {
    if (this.#sessionEpoch === 0) return
    const indexes = this.#forgotten.get(topicId)
    if (indexes === undefined) this.#forgotten.set(topicId, new Set([index]))
    else indexes.add(index)
  }

  #endSession(): void {
    this.#sessionId = 0
    this.#sessionEpoch = 0
    this.#forgotten.clear()
  }

  #rest(): void {
    this.#restsUntil = this.#options.host.clock.monotonic() + PAUSE_MS
  }

  /** What the leader waits for is not what is wanted now: the poll is cut off. */
  #interrupt(): void {
    const now = this.#options.host.clock.monotonic()
    const mayAt = this.#interruptedAt + INTERRUPT_MS_MIN
    if (now < mayAt) {
      this.#at(mayAt)
      return
    }
    this.#interruptedAt = now
    this.#isInterrupted = true
    this.#options.peers.interrupt(this.leader, this.#purpose)
  }

  #soon(): void {
    if (this.#isDeferred || this.#isClosed) return
    this.#isDeferred = true
    this.#options.turn.defer('answer', this)
  }

  #at(time: number): void {
    if (time >= this.#timerAt) return
    this.#timer?.cancel()
    this.#timerAt = time
    const { clock, timers } = this.#options.host
    this.#timer = timers.after(Math.max(1, Math.ceil(time - clock.monotonic())), () => {
      this.#timer = null
      this.#timerAt = Number.POSITIVE_INFINITY
      this.#soon()
    })
  }
}
