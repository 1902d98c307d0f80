/**
 * Fetch (key 1, versions 4 to 18). Records are answered as ranges of log files. A request that finds less than `minBytes`
 * waits, and looks again when one of its partitions has news, until `maxWaitMs` have passed.
 */
import { errors, Fetch, type FetchResponse, sliceOf } from '@odradek/protocol'
import type { Timer } from '../../host/clock.ts'
import type { TurnTask } from '../../host/turn.ts'
import type { FetchWait, Partition } from '../../replication/partition.ts'
import type { BrokerContext } from '../broker-context.ts'
import { type Exchange, handle } from '../exchange.ts'
import type { FetchPlan, FetchPosition } from '../fetch-sessions.ts'
import { leaderEpochError } from '../leader-epoch-error.ts'

type TopicResponse = FetchResponse['responses'][number]
type PartitionResponse = TopicResponse['partitions'][number]
type MutablePartitionResponse = { -readonly [K in keyof PartitionResponse]: PartitionResponse[K] }

const TOPIC_ID_VERSION = 13
const READ_COMMITTED = 1
const NOTHING = sliceOf(Buffer.alloc(0))

export const fetch = handle(
  Fetch,
  (request, exchange, broker) => {
    const plan = broker.fetchSessions.plan(request)
    if (plan.errorCode !== 0) return { errorCode: plan.errorCode, sessionId: 0, responses: [] }
    const maxBytes = Math.min(request.maxBytes, broker.config['fetch.max.bytes'])
    const read = new FetchRead(broker, exchange, plan, maxBytes, request.isolationLevel === READ_COMMITTED)
    read.look()
    if (read.bytes >= request.minBytes || read.failed || read.partitions.length === 0) return read.response()
    const parked = new ParkedFetch(exchange, broker, read, request.minBytes)
    if (request.maxWaitMs > 0 && parked.park(request.maxWaitMs)) return undefined
    // What this connection produced before it asked may not be written until the end of the turn.
    if (!read.partitions.some(isBeingWritten)) return read.response()
    broker.turn.defer('answer', { endTurn: () => parked.answer() })
    return undefined
  },
  { blocking: true, isPoll: true },
)

function isBeingWritten({ endOffset, highWatermark }: Partition): boolean {
  return endOffset > highWatermark
}

/** One look at all partitions of a fetch. */
class FetchRead {
  readonly #broker: BrokerContext
  readonly #exchange: Exchange
  readonly #plan: FetchPlan
  readonly #positions: readonly FetchPosition[]
  readonly #maxBytes: number
  readonly #committedOnly: boolean
  #found: MutablePartitionResponse[] = []
  /** Bytes of records found. */
  bytes = 0
  /** Whether a partition answers with an error: the client should hear of it at once. */
  failed = false
  /** The partitions that may have news later. */
  partitions: Partition[] = []

  constructor(broker: BrokerContext, exchange: Exchange, plan: FetchPlan, maxBytes: number, committedOnly: boolean) {
    this.#broker = broker
    this.#exchange = exchange
    this.#plan = plan
    this.#positions = [...plan.positions]
    this.#maxBytes = maxBytes
    this.#committedOnly = committedOnly
  }

  look(): void {
    this.#found = []
    this.partitions = []
    this.bytes = 0
    this.failed = false
    for (const position of this.#positions) {
      const response = this.#read(position)
      if (response.errorCode !== 0) this.failed = true
      this.#found.push(response)
    }
  }

  #read(position: FetchPosition): MutablePartitionResponse {
    const { index } = position
    const byId = this.#exchange.version >= TOPIC_ID_VERSION
    const { partitions, metadata } = this.#broker
    const partition = byId ? partitions.byId(position.topicId, index) : partitions.get(position.topic, index)
    if (!partition) {
      const known = byId ? metadata.image.topicsById.get(position.topicId) : metadata.image.topics.get(position.topic)
      const unknown = byId && !known ? errors.UNKNOWN_TOPIC_ID.code : errors.UNKNOWN_TOPIC_OR_PARTITION.code
      return refused(index, known?.partitions[index] ? errors.NOT_LEADER_OR_FOLLOWER.code : unknown)
    }
    if (partition.offlineCode !== 0) return refused(index, partition.offlineCode)
    const epochError = leaderEpochError(position.currentLeaderEpoch, partition.leaderEpoch)
    if (epochError !== 0) return refused(index, epochError)

    const { log, highWatermark, lastStableOffset } = partition
    const upTo = this.#committedOnly ? lastStableOffset : highWatermark
    const left = Math.min(position.partitionMaxBytes, this.#maxBytes - this.bytes)
    const read = log.read(position.fetchOffset, Math.max(left, 0), upTo, this.bytes === 0)
    if (read.errorCode !== 0) {
      const response = refused(index, read.errorCode)
      response.logStartOffset = log.startOffset
      response.highWatermark = highWatermark
      return response
    }
    const { range } = read
    this.bytes += range?.length ?? 0
    this.partitions.push(partition)
    return {
      partitionIndex: index,
      errorCode: 0,
      highWatermark,
      lastStableOffset,
      logStartOffset: log.startOffset,
      abortedTransactions:
        this.#committedOnly && range
          ? log.abortedTransactions(position.fetchOffset, upTo)
          : this.#committedOnly
            ? []
            : null,
      records: range ?? NOTHING,
    }
  }

  /** The answer, by topic, without what has no news where the session is incremental. */
  response(): FetchResponse {
    const { session, incremental } = this.#plan
    const topics: { topic: string; topicId: string; partitions: PartitionResponse[] }[] = []
    for (let at = 0; at < this.#positions.length; at += 1) {
      const position = this.#positions[at]!
      const found = this.#found[at]!
      const isNews = told(position, found)
      if (incremental && !isNews) continue
      const last = topics.at(-1)
      const same = last && last.topicId === position.topicId && last.topic === position.topic
      if (same) last.partitions.push(found)
      else topics.push({ topic: position.topic, topicId: position.topicId, partitions: [found] })
      if (session && found.records !== NOTHING && found.records) this.#broker.fetchSessions.served(session, position)
    }
    this.#exchange.answerBytes = this.bytes
    return { errorCode: 0, sessionId: session?.id ?? 0, responses: topics }
  }
}

/** Notes what the client is told of a partition; returns whether any of it is new to it. */
function told(position: FetchPosition, found: PartitionResponse): boolean {
  const startOffset = found.logStartOffset ?? -1
  const isNews =
    found.errorCode !== 0 ||
    found.records !== NOTHING ||
    position.highWatermark !== found.highWatermark ||
    position.startOffset !== startOffset
  // After an error everything is told again.
  position.highWatermark = found.errorCode === 0 ? found.highWatermark : -1
  position.startOffset = startOffset
  return isNews
}

function refused(index: number, errorCode: number): MutablePartitionResponse {
  return {
    partitionIndex: index,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: null,
    records: NOTHING,
  }
}

/** A fetch that waits for more records. */
class ParkedFetch implements FetchWait, TurnTask {
  readonly #exchange: Exchange
  readonly #broker: BrokerContext
  readonly #read: FetchRead
  readonly #minBytes: number
  #waitsOn: Partition[] = []
  #timer: Timer | null = null
  #woken = false
  #parked = false
  #done = false

  constructor(exchange: Exchange, broker: BrokerContext, read: FetchRead, minBytes: number) {
    this.#exchange = exchange
    this.#broker = broker
    this.#read = read
    this.#minBytes = minBytes
  }

  /** Waits for news; false where as many fetches as may do wait already. */
  park(maxWaitMs: number): boolean {
    const { parkedFetches, logLimiter, config } = this.#broker
    if (!parkedFetches.enter()) {
      const text = `A fetch does not wait for records: fetch.parked.max allows ${config['fetch.parked.max']}`
      logLimiter.warn('limit', { remote: this.#exchange.connection.remote }, text)
      return false
    }
    this.#parked = true
    this.#waitsOn = this.#read.partitions
    for (const partition of this.#waitsOn) partition.addFetch(this)
    this.#timer = this.#broker.host.timers.after(maxWaitMs, () => this.answer())
    this.#exchange.onAbandoned = () => this.#leave()
    return true
  }

  wake(): void {
    if (this.#woken || this.#done) return
    this.#woken = true
    this.#broker.turn.defer('answer', this)
  }

  /** End of the turn: looks again. */
  endTurn(): void {
    this.#woken = false
    if (this.#done) return
    this.#read.look()
    if (this.#read.bytes >= this.#minBytes || this.#read.failed) this.#finish()
  }

  /** Looks a last time and answers with what there is. */
  answer(): void {
    if (this.#done) return
    this.#read.look()
    this.#finish()
  }

  #finish(): void {
    this.#leave()
    this.#exchange.answer(this.#read.response())
  }

  #leave(): void {
    this.#done = true
    this.#timer?.cancel()
    if (this.#parked) this.#broker.parkedFetches.leave()
    for (const partition of this.#waitsOn) partition.removeFetch(this)
  }
}
