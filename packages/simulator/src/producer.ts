/**
 * A producer for one partition. With idempotence it sends each batch until it is acknowledged, up to five of them at a time
 * and in order, as Kafka's clients do; without, each batch once.
 */
import type { SimRandom } from '@odradek/broker/src/host/sim/index.ts'
import { type CodecName, encodeBatch, errors, InitProducerId, Produce, sliceOf } from '@odradek/protocol'
import type { ClientSide } from './client-side.ts'
import type { PartitionHistory } from './partition-history.ts'
import type { SimClient } from './sim-client.ts'

export interface ProducerPlan {
  readonly acks: -1 | 0 | 1
  readonly isIdempotent: boolean
  /** Batches on their way at the same time. */
  readonly depth: number
  readonly batches: number
  readonly recordsMax: number
  readonly valueBytesMax: number
  readonly codec: CodecName
  /** Keys to choose from; 0: records without a key. */
  readonly keys: number
  readonly pauseMs: number
}

interface Batch {
  readonly ids: readonly string[]
  readonly values: readonly (Buffer | null)[]
  readonly timestamp: number
  /** -1 until it has one. */
  sequence: number
  outcome: number | null
}

/** By the topic's id: a name may soon be that of another topic. */
const PRODUCE_VERSION = 13
const TIMEOUT_MS = 3_000
const UNANSWERED = null

export class Producer {
  readonly #clients: ClientSide
  readonly #partition: PartitionHistory
  readonly #plan: ProducerPlan
  readonly #random: SimRandom
  readonly #name: string
  readonly #pending: Batch[] = []
  #producerId = -1
  #nextSequence = 0
  #lossesAtReset = 0
  #made = 0
  #records = 0

  constructor(clients: ClientSide, partition: PartitionHistory, plan: ProducerPlan, name: string) {
    this.#clients = clients
    this.#partition = partition
    this.#plan = plan
    this.#random = clients.random()
    this.#name = name
  }

  start(): void {
    this.#clients.start(`producer ${this.#name}`, (client) => this.#turn(client))
  }

  async #turn(client: SimClient): Promise<boolean> {
    const { depth, batches, isIdempotent, pauseMs } = this.#plan
    if (this.#partition.topic.isGoing) return false
    if (isIdempotent && this.#producerId < 0) {
      if (!(await this.#takeId(client))) return true
    }
    const isOver = this.#clients.draining || this.#made >= batches
    if (!isOver) {
      const count = 1 + this.#random.below(depth)
      while (this.#pending.length < count) this.#pending.push(this.#make())
    }
    if (this.#pending.length === 0) return false
    await this.#send(client)
    if (this.#pending.length > 0 || !isOver) await this.#clients.sleep(this.#random.between(0, 2 * pauseMs))
    return true
  }

  async #takeId(client: SimClient): Promise<boolean> {
    const answer = await client.request(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 })
    if (answer.errorCode !== 0) {
      await this.#clients.sleep(20)
      return false
    }
    this.#producerId = answer.producerId
    this.#nextSequence = 0
    this.#lossesAtReset = this.#partition.losses
    for (const batch of this.#pending) this.#number(batch)
    return true
  }

  #number(batch: Batch): void {
    batch.sequence = this.#nextSequence
    this.#nextSequence += batch.ids.length
  }

  #make(): Batch {
    const { recordsMax, valueBytesMax, keys } = this.#plan
    const count = 1 + this.#random.below(recordsMax)
    const ids: string[] = []
    const values: (Buffer | null)[] = []
    for (let i = 0; i < count; i++) {
      const id = `${this.#name}/${this.#records++}`
      ids.push(id)
      const isTombstone = keys > 0 && this.#random.chance(0.2)
      values.push(isTombstone ? null : Buffer.alloc(this.#random.below(valueBytesMax + 1), id))
      this.#partition.keys.set(id, keys === 0 ? null : `k${this.#random.below(keys)}`)
    }
    this.#made++
    const batch = { ids, values, timestamp: this.#clients.host.clock.now(), sequence: -1, outcome: UNANSWERED }
    if (this.#producerId >= 0) this.#number(batch)
    return batch
  }

  #encode(batch: Batch): Buffer {
    return encodeBatch({
      codec: this.#plan.codec,
      ...(batch.sequence < 0 ? {} : { producerId: this.#producerId, producerEpoch: 0, baseSequence: batch.sequence }),
      records: batch.ids.map((id, at) => ({
        key: this.#partition.keys.get(id)!,
        value: batch.values[at]!,
        timestamp: batch.timestamp,
        headers: [{ key: 'id', value: id }],
      })),
    })
  }

  async #send(client: SimClient): Promise<void> {
    const { topic, index } = this.#partition
    const { acks, isIdempotent } = this.#plan
    const requests = this.#pending.map((batch) => {
      batch.outcome = UNANSWERED
      const records = sliceOf(this.#encode(batch))
      const topicData = [{ topicId: topic.topicId, partitionData: [{ index, records }] }]
      return { batch, request: { acks, timeoutMs: TIMEOUT_MS, topicData } }
    })
    if (acks === 0) {
      for (const { request } of requests) client.post(Produce, PRODUCE_VERSION, request)
      this.#pending.length = 0
      return
    }
    const wasSync = topic.isSync
    const { life } = this.#clients.history
    const answers = requests.map(async ({ batch, request }) => {
      const { responses } = await client.request(Produce, PRODUCE_VERSION, request)
      const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
      batch.outcome = errorCode
      if (errorCode === 0) this.#acknowledged(batch, baseOffset, wasSync, life)
    })
    const settled = await Promise.allSettled(answers)
    if (isIdempotent) this.#settle()
    else this.#pending.length = 0
    for (const answer of settled) if (answer.status === 'rejected') throw answer.reason
  }

  #acknowledged(batch: Batch, baseOffset: number, wasSync: boolean, life: number): void {
    const { history } = this.#clients
    if (baseOffset < 0) {
      this.#partition.fail(`${batch.ids[0]} is acknowledged without an offset`)
      return
    }
    if (life !== history.life) return
    history.counts.acknowledged += batch.ids.length
    const isDurable = wasSync && this.#partition.topic.isSync
    for (const [at, id] of batch.ids.entries()) this.#partition.acknowledged(baseOffset + at, id, isDurable)
  }

  /** Takes out what was acknowledged; what was not is sent again, in order. */
  #settle(): void {
    const open: Batch[] = []
    for (const batch of this.#pending.splice(0)) {
      if (batch.outcome === 0) {
        const before = open.find(({ outcome }) => outcome === errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code)
        if (before) this.#partition.fail(`${batch.ids[0]} was taken and ${before.ids[0]}, before it, was not`)
      } else open.push(batch)
    }
    this.#pending.push(...open)
    const first = open[0]
    if (first === undefined || first.outcome === UNANSWERED) return
    switch (first.outcome) {
      case errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code:
        if (this.#partition.losses === this.#lossesAtReset)
          this.#partition.fail(`${first.ids[0]} (sequence ${first.sequence}) is out of order, but nothing was lost`)
        this.#clients.history.counts.resets++
        this.#producerId = -1
        return
      case errors.UNKNOWN_TOPIC_OR_PARTITION.code:
      case errors.UNKNOWN_TOPIC_ID.code:
        if (this.#partition.topic.state === 'there' && this.#clients.address !== null)
          this.#clients.history.unexpected(`${this.#partition.name} is unknown to the broker`)
        return
      case errors.NOT_LEADER_OR_FOLLOWER.code:
      case errors.KAFKA_STORAGE_ERROR.code:
      case errors.REQUEST_TIMED_OUT.code:
      case errors.NOT_ENOUGH_REPLICAS.code:
        return
      default:
        this.#clients.history.unexpected(`${first.ids[0]} was refused with error ${first.outcome}`)
    }
  }
}
