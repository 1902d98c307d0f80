/**
 * Fetch (key 1, versions 4 to 18). Records are answered as ranges of log files. A request that finds less than `minBytes`
 * waits, and looks again when one of its partitions has news, until `maxWaitMs` have passed.
 *
 * A follower reads to the log's end, and by asking says what it has. It hears where its history parts from the leader's
 * before it is given anything (KIP-279), and is refused where it asks in the name of a registration that is over (KIP-903).
 */
import { errors, Fetch, type FetchRequest, type FetchResponse, sliceOf } from '@odradek/protocol'
import type { Timer } from '../../host/clock.ts'
import type { TurnTask } from '../../host/turn.ts'
import type { TopicImage } from '../../metadata/image.ts'
import type { FollowerFetchWait, Partition } from '../../replication/partition.ts'
import type { BrokerContext } from '../broker-context.ts'
import { type CurrentLeader, currentLeaderFor, endpointsOf } from '../current-leader.ts'
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
    const replica = replicaOf(request)
    const { brokers } = broker.metadata.image
    if (replica !== null && replica.epoch >= 0 && replica.epoch < (brokers.get(replica.id)?.epoch ?? -1))
      return { errorCode: errors.STALE_BROKER_EPOCH.code, sessionId: 0, responses: [] }
    const plan = broker.fetchSessions.plan(request)
    if (plan.errorCode !== 0) return { errorCode: plan.errorCode, sessionId: 0, responses: [] }
    const maxBytes = Math.min(request.maxBytes, broker.config['fetch.max.bytes'])
    const read = new FetchRead(broker, exchange, plan, maxBytes, request.isolationLevel === READ_COMMITTED, replica)
    if (replica !== null) read.acknowledge()
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

/** A follower that asks, and the epoch of its registration, -1 where it does not say. */
interface Replica {
  readonly id: number
  readonly epoch: number
}

/** Null for consumers. */
function replicaOf({ replicaId, replicaState }: FetchRequest): Replica | null {
  const id = Math.max(replicaId, replicaState.replicaId)
  return id < 0 ? null : { id, epoch: replicaState.replicaEpoch }
}

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
  /** Null for consumers. */
  readonly replica: Replica | null
  #found: MutablePartitionResponse[] = []
  /** Bytes of records found. */
  bytes = 0
  /** Whether a partition answers with an error: the client should hear of it at once. */
  failed = false
  /** The partitions that may have news later. */
  partitions: Partition[] = []

  constructor(
    broker: BrokerContext,
    exchange: Exchange,
    plan: FetchPlan,
    maxBytes: number,
    committedOnly: boolean,
    replica: Replica | null,
  ) {
    this.replica = replica
    this.#broker = broker
    this.#exchange = exchange
    this.#plan = plan
    this.#positions = [...plan.positions]
    this.#maxBytes = maxBytes
    this.#committedOnly = committedOnly
  }

  /** Notes what a follower has, by what it asks for: all below that, where its history is this log's. */
  acknowledge(): void {
    const { id, epoch } = this.replica!
    for (const position of this.#positions) {
      const partition = this.#partitionOf(position)
      if (typeof partition === 'number' || !partition.replicas.includes(id)) continue
      const { fetchOffset, lastFetchedEpoch } = position
      if (fetchOffset < partition.startOffset || fetchOffset > partition.endOffset) continue
      // Without an epoch nothing tells whose records it has, if it has any.
      if (lastFetchedEpoch < 0 && fetchOffset > partition.startOffset) continue
      if (partition.divergence(lastFetchedEpoch, fetchOffset) === null) partition.askedBy(id, epoch, fetchOffset)
    }
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

  /** The partition, or why it cannot be read here. */
  #partitionOf(position: FetchPosition): Partition | number {
    const { index } = position
    const byId = this.#exchange.version >= TOPIC_ID_VERSION
    const { partitions } = this.#broker
    const partition = byId ? partitions.byId(position.topicId, index) : partitions.get(position.topic, index)
    if (!partition) {
      const known = this.#topicOf(position)
      const unknown = byId && !known ? errors.UNKNOWN_TOPIC_ID.code : errors.UNKNOWN_TOPIC_OR_PARTITION.code
      return known?.partitions[index] ? errors.NOT_LEADER_OR_FOLLOWER.code : unknown
    }
    return partition.offlineCode || leaderEpochError(position.currentLeaderEpoch, partition.leaderEpoch) || partition
  }

  #topicOf(position: FetchPosition): TopicImage | undefined {
    const { topics, topicsById } = this.#broker.metadata.image
    const byId = this.#exchange.version >= TOPIC_ID_VERSION
    return byId ? topicsById.get(position.topicId) : topics.get(position.topic)
  }

  #read(position: FetchPosition): MutablePartitionResponse {
    const { index } = position
    const partition = this.#partitionOf(position)
    if (typeof partition === 'number') {
      const response = refused(index, partition)
      const leader = currentLeaderFor(partition, this.#topicOf(position), index)
      if (leader !== undefined) response.currentLeader = leader
      return response
    }
    const { replica } = this
    const { log, highWatermark, lastStableOffset } = partition
    if (replica !== null) {
      if (!partition.replicas.includes(replica.id)) return refused(index, errors.NOT_LEADER_OR_FOLLOWER.code)
      const divergence = partition.divergence(position.lastFetchedEpoch, position.fetchOffset)
      if (divergence !== null) {
        this.failed = true
        const { startOffset: logStartOffset } = log
        return { ...refused(index, 0), highWatermark, lastStableOffset, logStartOffset, divergingEpoch: divergence }
      }
    }
    const upTo = replica !== null ? log.endOffset : this.#committedOnly ? lastStableOffset : highWatermark
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
    const leaders = this.#found.map(({ currentLeader }) => currentLeader as CurrentLeader | undefined)
    const nodeEndpoints = this.failed ? endpointsOf(this.#broker, this.#exchange.connection.listenerName, leaders) : []
    return { errorCode: 0, sessionId: session?.id ?? 0, responses: topics, nodeEndpoints }
  }
}

/** Notes what the client is told of a partition; returns whether any of it is new to it. */
function told(position: FetchPosition, found: PartitionResponse): boolean {
  const startOffset = found.logStartOffset ?? -1
  const isNews =
    found.errorCode !== 0 ||
    found.records !== NOTHING ||
    position.highWatermark !== found.highWatermark ||
    position.startOffset !== startOffset ||
    found.divergingEpoch !== undefined
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
class ParkedFetch implements FollowerFetchWait, TurnTask {
  readonly #exchange: Exchange
  readonly #broker: BrokerContext
  readonly #read: FetchRead
  readonly #minBytes: number
  #waitsOn: Partition[] = []
  #timer: Timer | null = null
  #woken = false
  #hurried = false
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
    for (const partition of this.#waitsOn) {
      if (this.#read.replica === null) partition.addFetch(this)
      else partition.addFollowerFetch(this)
    }
    this.#timer = this.#broker.host.timers.after(maxWaitMs, () => this.answer())
    this.#exchange.onAbandoned = () => this.#leave()
    return true
  }

  wake(): void {
    if (this.#woken || this.#done) return
    this.#woken = true
    this.#broker.turn.defer('answer', this)
  }

  hurry(): void {
    if (this.#hurried || this.#done) return
    this.#hurried = true
    this.#broker.turn.defer('answer', { endTurn: () => this.answer() })
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
