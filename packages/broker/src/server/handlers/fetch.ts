/**
 * Fetch (key 1, versions 4 to 18). Records are answered as ranges of log files. A request that finds less than `minBytes`
 * waits, and looks again when one of its partitions has news, until `maxWaitMs` have passed.
 *
 * A follower reads to the log's end, and by asking says what it has. It hears where its history parts from the leader's
 * before it is given anything (KIP-279), and is refused where it asks in the name of a registration that is over (KIP-903).
 *
 * Consumers read from followers too, up to what those know to be committed; that an offset is out of range they hear from
 * the leader alone: a client may begin anew where it hears that. A leader sends a consumer to the replica in its
 * rack where `replica.selector.class` says so (KIP-392).
 */
import { errors, Fetch, type FetchRequest, type FetchResponse, type FileRange, sliceOf } from '@odradek/protocol'
import type { Timer } from '../../host/clock.ts'
import { isNoFile } from '../../host/no-room.ts'
import type { TurnTask } from '../../host/turn.ts'
import type { TopicImage } from '../../metadata/image.ts'
import type { FollowerFetchWait } from '../../replication/fetch-waits.ts'
import { Partition } from '../../replication/partition.ts'
import type { ReadableReplica } from '../../replication/readable-replica.ts'
import { namesReplica } from '../../replication/replication-quota.ts'
import type { Log } from '../../storage/log.ts'
import type { BrokerContext } from '../broker-context.ts'
import { type CurrentLeader, currentLeaderFor, endpointsOf } from '../current-leader.ts'
import { type Exchange, handle } from '../exchange.ts'
import type { FetchPlan, FetchPosition } from '../fetch-sessions.ts'
import { doInSlices, forEachPiece } from '../in-slices.ts'
import { leaderEpochError } from '../leader-epoch-error.ts'
import { nearestReplica } from '../nearest-replica.ts'

type TopicResponse = FetchResponse['responses'][number]
type PartitionResponse = TopicResponse['partitions'][number]
type MutablePartitionResponse = { -readonly [K in keyof PartitionResponse]: PartitionResponse[K] }

/** The first version whose clients may be sent to a follower. */
const RACK_VERSION = 11
const TOPIC_ID_VERSION = 13
const READ_COMMITTED = 1
/** A follower that is held up is looked after so often, however long it would wait. */
const THROTTLED_WAIT_MS_MAX = 500
/** More partitions than these are looked at in slices. */
const POSITIONS_AT_ONCE_MAX = 256
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
    const read = new FetchRead(broker, exchange, plan, maxBytes, request, replica)
    if (read.isOfMany) {
      const finish = () => {
        const response = answered(exchange, read, request)
        if (response !== undefined) exchange.answer(response)
      }
      // Followers do not wait for memory: others wait for them.
      read.lookInSlices(finish, { isFirst: true, isRead: replica === null })
      return undefined
    }
    if (replica !== null) read.acknowledge()
    read.look()
    return answered(exchange, read, request)
  },
  { blocking: true, isPoll: true },
)

/** The answer to a fetch that has looked; undefined where it waits for more. */
function answered(exchange: Exchange, read: FetchRead, request: FetchRequest): FetchResponse | undefined {
  const { broker } = exchange
  if (read.bytes >= request.minBytes || read.isUrgent || read.replicas.length === 0) return read.response()
  const parked = new ParkedFetch(exchange, broker, read, request.minBytes)
  if (request.maxWaitMs > 0 && parked.park(request.maxWaitMs)) return undefined
  // What this connection produced before it asked may not be written until the end of the turn.
  if (!read.replicas.some(isBeingWritten)) return read.response()
  broker.turn.defer('answer', { endTurn: () => parked.answer() })
  return undefined
}

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

function isBeingWritten({ log, highWatermark }: ReadableReplica): boolean {
  return log.endOffset > highWatermark
}

/** One look at all partitions of a fetch. */
class FetchRead {
  readonly #broker: BrokerContext
  readonly #exchange: Exchange
  readonly #plan: FetchPlan
  readonly #positions: readonly FetchPosition[]
  readonly #maxBytes: number
  readonly #committedOnly: boolean
  /** Where a consumer stands that may be sent to another replica, '' where it may not. */
  readonly #rack: string
  /** Null for consumers. */
  readonly replica: Replica | null
  #found: MutablePartitionResponse[] = []
  /** Bytes of records found. */
  bytes = 0
  /** Those of them that count against what followers get that are held up. */
  #throttledBytes = 0
  /** Whether records are held back that nothing but time lets go. */
  isHeldUp = false
  /** Whether the client should hear at once of a partition, because of an error or without any records. */
  isUrgent = false
  /** Those that may have news later. */
  replicas: ReadableReplica[] = []

  constructor(
    broker: BrokerContext,
    exchange: Exchange,
    plan: FetchPlan,
    maxBytes: number,
    request: FetchRequest,
    replica: Replica | null,
  ) {
    this.replica = replica
    this.#broker = broker
    this.#exchange = exchange
    this.#plan = plan
    this.#positions = [...plan.positions]
    this.#maxBytes = maxBytes
    this.#committedOnly = request.isolationLevel === READ_COMMITTED
    this.#rack = replica === null && broker.config['replica.selector.class'] !== '' ? request.rackId : ''
  }

  /** Notes what a follower has, by what it asks for: all below that, where its history is this log's. */
  acknowledge(): void {
    for (const position of this.#positions) this.#acknowledge(position, this.replica!)
  }

  #acknowledge(position: FetchPosition, { id, epoch }: Replica): void {
    const partition = this.#replicaOf(position)
    if (!(partition instanceof Partition) || !partition.replicas.includes(id)) return
    const { fetchOffset, lastFetchedEpoch, logStartOffset } = position
    if (fetchOffset < partition.startOffset || fetchOffset > partition.endOffset) return
    // Without an epoch nothing tells whose records it has, if it has any.
    if (lastFetchedEpoch < 0 && fetchOffset > partition.startOffset) return
    if (partition.divergence(lastFetchedEpoch, fetchOffset) === null)
      partition.askedBy(id, epoch, fetchOffset, logStartOffset, this.#exchange.connection)
  }

  /** Whether it is of so many partitions that one look at all of them would hold the loop. */
  get isOfMany(): boolean {
    return this.#positions.length > POSITIONS_AT_ONCE_MAX
  }

  look(): void {
    this.#begin()
    for (const position of this.#positions) this.#lookAt(position)
  }

  /** Looks in slices, and calls `finish` then; the first time notes what a follower has. `isRead` as of SlicedWork. */
  lookInSlices(finish: () => void, { isFirst, isRead }: { isFirst: boolean; isRead: boolean }): void {
    const { replica } = this
    const readFrom: (ReadableReplica | undefined)[] = []
    const lookAt = (position: FetchPosition) => {
      if (isFirst && replica !== null) this.#acknowledge(position, replica)
      const count = this.replicas.length
      this.#lookAt(position)
      readFrom.push(this.replicas.length > count ? this.replicas.at(-1) : undefined)
    }
    const finishLook = () => {
      this.#confirm(readFrom)
      finish()
    }
    this.#begin()
    doInSlices(this.#exchange, forEachPiece(this.#positions, lookAt, finishLook, isRead))
  }

  /** Looks again where records that were found in earlier slices may be gone. */
  #confirm(readFrom: readonly (ReadableReplica | undefined)[]): void {
    for (let at = 0; at < readFrom.length; at++) {
      const { records } = this.#found[at]!
      const replica = readFrom[at]
      if (replica === undefined || !records || records === NOTHING) continue
      const position = this.#positions[at]!
      if (this.#replicaOf(position) === replica && replica.log.startOffset <= position.fetchOffset) continue
      this.bytes -= (records as FileRange).length
      this.#found[at] = this.#read(position)
      if (this.#found[at]!.errorCode !== 0) this.isUrgent = true
    }
  }

  #begin(): void {
    this.#found = []
    this.replicas = []
    this.bytes = 0
    this.#throttledBytes = 0
    this.isHeldUp = false
    this.isUrgent = false
  }

  #lookAt(position: FetchPosition): void {
    const response = this.#read(position)
    if (response.errorCode !== 0) this.isUrgent = true
    this.#found.push(response)
  }

  /** The replica to read from, or why the partition cannot be read here. */
  #replicaOf(position: FetchPosition): ReadableReplica | number {
    const { index } = position
    const byId = this.#exchange.version >= TOPIC_ID_VERSION
    const { partitions } = this.#broker
    const led = byId ? partitions.byId(position.topicId, index) : partitions.get(position.topic, index)
    const found = led ?? this.#followerOf(position, byId)
    if (!found) {
      const known = this.#topicOf(position)
      const unknown = byId && !known ? errors.UNKNOWN_TOPIC_ID.code : errors.UNKNOWN_TOPIC_OR_PARTITION.code
      return known?.partitions[index] ? errors.NOT_LEADER_OR_FOLLOWER.code : unknown
    }
    return found.offlineCode || leaderEpochError(position.currentLeaderEpoch, found.leaderEpoch) || found
  }

  /** A follower, for consumers that know that they may read from one. */
  #followerOf({ topic, topicId, index }: FetchPosition, byId: boolean): ReadableReplica | undefined {
    if (this.replica !== null || this.#exchange.version < RACK_VERSION) return undefined
    const { partitions } = this.#broker
    return byId ? partitions.followerById(topicId, index) : partitions.follower(topic, index)
  }

  #topicOf(position: FetchPosition): TopicImage | undefined {
    const { topics, topicsById } = this.#broker.metadata.image
    const byId = this.#exchange.version >= TOPIC_ID_VERSION
    return byId ? topicsById.get(position.topicId) : topics.get(position.topic)
  }

  #read(position: FetchPosition): MutablePartitionResponse {
    const { index } = position
    const found = this.#replicaOf(position)
    if (typeof found === 'number') return this.#refused(position, found)
    const { replica } = this
    const { log, highWatermark, lastStableOffset } = found
    if ((replica !== null || this.#rack !== '') && found instanceof Partition) {
      const instead = replica === null ? this.#sentElsewhere(found, position) : this.#parted(found, position, replica)
      if (instead !== null) {
        this.isUrgent = true
        return instead
      }
      if (replica !== null && this.#isBehind(found, position)) this.isUrgent = true
    }
    const isThrottled = replica !== null && found instanceof Partition && this.#isThrottled(found, replica)
    if (isThrottled && this.#broker.partitions.leaderQuota!.delayMs > 0) {
      // It waits like one that has everything.
      this.isHeldUp = true
      this.replicas.push(found)
      return { ...refused(index, 0), highWatermark, lastStableOffset, logStartOffset: log.startOffset }
    }
    const upTo = replica !== null ? log.endOffset : this.#committedOnly ? lastStableOffset : highWatermark
    const left = Math.min(position.partitionMaxBytes, this.#maxBytes - this.bytes)
    const read = log.read(position.fetchOffset, Math.max(left, 0), upTo, this.bytes === 0)
    if (read.errorCode !== 0) {
      const logStartOffset = log.startOffset
      // What is in range the leader alone can say: a follower may only be behind, or not have let go yet, and so may one that led.
      const isSure = found instanceof Partition && (position.fetchOffset < log.startOffset || !found.mayBeReplaced)
      if (read.errorCode === errors.OFFSET_OUT_OF_RANGE.code && !isSure)
        return { ...this.#refused(position, errors.NOT_LEADER_OR_FOLLOWER.code), highWatermark, logStartOffset }
      return { ...refused(index, read.errorCode), highWatermark, logStartOffset }
    }
    const { range } = read
    const abortedTransactions = this.#committedOnly ? abortedIn(log, range, position.fetchOffset, upTo) : null
    if (abortedTransactions === 'crowded')
      return { ...refused(index, errors.KAFKA_STORAGE_ERROR.code), highWatermark, logStartOffset: log.startOffset }
    this.bytes += range?.length ?? 0
    if (isThrottled) this.#throttledBytes += range?.length ?? 0
    this.replicas.push(found)
    return {
      partitionIndex: index,
      errorCode: 0,
      highWatermark,
      lastStableOffset,
      logStartOffset: log.startOffset,
      abortedTransactions,
      records: range ?? NOTHING,
    }
  }

  /** Why a partition is not read from, and where it may be. */
  #refused(position: FetchPosition, errorCode: number): MutablePartitionResponse {
    const response = refused(position.index, errorCode)
    const leader = currentLeaderFor(errorCode, this.#topicOf(position), position.index)
    if (leader !== undefined) response.currentLeader = leader
    return response
  }

  /** Whether a follower that catches up is to be held up here. */
  #isThrottled({ index, isr, log }: Partition, { id }: Replica): boolean {
    const { nodeId } = this.#broker
    return namesReplica(log.config['leader.replication.throttled.replicas'], index, nodeId) && !isr.includes(id)
  }

  /** What a consumer is told that is to read from another replica; null where it is not. */
  #sentElsewhere(partition: Partition, { fetchOffset }: FetchPosition): MutablePartitionResponse | null {
    const { metadata, nodeId } = this.#broker
    const reader = { rack: this.#rack, fetchOffset, listenerName: this.#exchange.connection.listenerName }
    const preferredReadReplica = nearestReplica(metadata.image, nodeId, partition, reader)
    return preferredReadReplica < 0 ? null : { ...withoutRecords(partition), preferredReadReplica }
  }

  /** What a follower is told that has no replica, or whose history parts from the leader's; null where it does not. */
  #parted(partition: Partition, position: FetchPosition, { id }: Replica): MutablePartitionResponse | null {
    if (!partition.replicas.includes(id)) return refused(partition.index, errors.NOT_LEADER_OR_FOLLOWER.code)
    const divergingEpoch = partition.divergence(position.lastFetchedEpoch, position.fetchOffset)
    return divergingEpoch === null ? null : { ...withoutRecords(partition), divergingEpoch }
  }

  /**
   * Whether a follower is to hear at once of what its leader let go of, which deletions wait for, and, where consumers read
   * from it, of how far they may. Without a session nobody knows what it has heard.
   */
  #isBehind({ log, highWatermark }: Partition, told: FetchPosition): boolean {
    if (this.#plan.session === null) return false
    if (told.startOffset !== log.startOffset) return true
    return told.highWatermark !== highWatermark && this.#broker.config['replica.selector.class'] !== ''
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
    if (this.#throttledBytes > 0) this.#broker.partitions.leaderQuota!.took(this.#throttledBytes)
    const leaders = this.#found.map(({ currentLeader }) => currentLeader as CurrentLeader | undefined)
    const { listenerName } = this.#exchange.connection
    const nodeEndpoints = this.isUrgent ? endpointsOf(this.#broker, listenerName, leaders) : []
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
    found.divergingEpoch !== undefined ||
    found.preferredReadReplica !== undefined
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

/** The aborted transactions of `range`, which was read from `from` on; that cannot be told where too many files are open. */
function abortedIn(log: Log, range: FileRange | null, from: number, upTo: number) {
  if (range === null) return []
  try {
    return log.abortedTransactions(from, upTo)
  } catch (error) {
    if (isNoFile(error)) return 'crowded'
    throw error
  }
}

function withoutRecords({ index, log, highWatermark, lastStableOffset }: Partition): MutablePartitionResponse {
  return { ...refused(index, 0), highWatermark, lastStableOffset, logStartOffset: log.startOffset }
}

/** A fetch that waits for more records. */
class ParkedFetch implements FollowerFetchWait, TurnTask {
  readonly #exchange: Exchange
  readonly #broker: BrokerContext
  readonly #read: FetchRead
  readonly #minBytes: number
  #waitsOn: ReadableReplica[] = []
  #timer: Timer | null = null
  #woken = false
  #hurried = false
  #parked = false
  #done = false
  /** It looks again, in slices. */
  #isLooking = false
  /** There was news meanwhile. */
  #looksAgain = false
  /** When it has looked, it answers with what there is. */
  #isLast = false

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
    this.#waitsOn = this.#read.replicas
    for (const replica of this.#waitsOn) {
      if (this.#read.replica !== null && replica instanceof Partition) replica.addFollowerFetch(this)
      else replica.addFetch(this)
    }
    const waitMs = this.#read.isHeldUp ? Math.min(maxWaitMs, THROTTLED_WAIT_MS_MAX) : maxWaitMs
    // Bound, not arrow functions: those outlive every minor collection (Node 26), and with them the whole request (produce.ts).
    this.#timer = this.#broker.host.timers.after(waitMs, this.answer.bind(this))
    this.#exchange.onAbandoned = this.#leave.bind(this)
    this.#exchange.onHurried = this.#answerNow.bind(this)
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
    if (this.#read.isOfMany) {
      this.#lookInSlices()
      return
    }
    this.#read.look()
    this.#finishIfEnough()
  }

  /** Looks a last time and answers with what there is. */
  answer(): void {
    if (this.#done) return
    if (!this.#read.isOfMany) {
      this.#answerNow()
      return
    }
    this.#isLast = true
    this.#lookInSlices()
  }

  #answerNow(): void {
    if (this.#done) return
    this.#read.look()
    this.#finish()
  }

  #lookInSlices(): void {
    this.#looksAgain = this.#isLooking
    if (this.#isLooking) return
    this.#isLooking = true
    const finish = () => {
      this.#isLooking = false
      if (this.#done) return
      if (this.#isLast) this.#finish()
      else this.#finishIfEnough()
      if (this.#looksAgain && !this.#done) this.#lookInSlices()
    }
    // The connection's end is heard by this wait.
    this.#read.lookInSlices(finish, { isFirst: false, isRead: false })
  }

  #finishIfEnough(): void {
    if (this.#read.bytes >= this.#minBytes || this.#read.isUrgent) this.#finish()
  }

  #finish(): void {
    this.#leave()
    this.#exchange.answer(this.#read.response())
  }

  #leave(): void {
    this.#done = true
    this.#timer?.cancel()
    if (this.#parked) this.#broker.parkedFetches.leave()
    for (const replica of this.#waitsOn) replica.removeFetch(this)
  }
}
