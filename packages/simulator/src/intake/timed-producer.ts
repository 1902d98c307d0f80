import type { SimRandom } from '@odradek/broker/src/host/sim/index.ts'
import { type CodecName, encodeBatch, errors, InitProducerId, Produce, sliceOf } from '@odradek/protocol'
import type { ClientSide } from '../client-side.ts'
import type { SimClient } from '../sim-client.ts'
import type { TimedHistory } from './timed-history.ts'

const PRODUCE_VERSION = 12
const RETRIED: ReadonlySet<number> = new Set([
  errors.NOT_LEADER_OR_FOLLOWER.code,
  errors.KAFKA_STORAGE_ERROR.code,
  errors.REQUEST_TIMED_OUT.code,
  errors.NOT_ENOUGH_REPLICAS.code,
  errors.UNKNOWN_TOPIC_OR_PARTITION.code,
])

interface Sent {
  readonly bytes: Buffer
  readonly count: number
  readonly ids: readonly string[]
}

/** Sends batches of records that wait, idempotently, each until it is acknowledged. */
export class TimedProducer {
  readonly #clients: ClientSide
  readonly #history: TimedHistory
  readonly #random: SimRandom
  readonly #name: string
  readonly #partition: number
  readonly #batches: number
  readonly #delayMaxMs: number
  readonly #isHeld: () => boolean
  #producerId = -1
  #sequence = 0
  #made = 0
  #pending: Sent | null = null

  constructor(options: {
    clients: ClientSide
    history: TimedHistory
    name: string
    partition: number
    batches: number
    delayMaxMs: number
    /** Whether it has to wait before it begins. */
    isHeld: () => boolean
  }) {
    this.#clients = options.clients
    this.#history = options.history
    this.#random = options.clients.random()
    this.#name = options.name
    this.#partition = options.partition
    this.#batches = options.batches
    this.#delayMaxMs = options.delayMaxMs
    this.#isHeld = options.isHeld
  }

  start(): void {
    this.#clients.start(`timed producer ${this.#name}`, (client) => this.#turn(client))
  }

  async #turn(client: SimClient): Promise<boolean> {
    if (this.#isHeld()) {
      await this.#clients.sleep(20)
      return !this.#clients.draining
    }
    if (this.#producerId < 0) {
      const answer = await client.request(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 })
      if (answer.errorCode === 0) this.#producerId = answer.producerId
      else await this.#clients.sleep(20)
      return true
    }
    if (this.#pending === null) {
      if (this.#clients.draining || this.#made >= this.#batches) return false
      this.#pending = this.#make()
    }
    const { bytes, count, ids } = this.#pending
    // What is sent is patched where it lies.
    const partitionData = [{ index: this.#partition, records: sliceOf(Buffer.from(bytes)) }]
    const topicData = [{ name: this.#history.topic, partitionData }]
    const { responses } = await client.request(Produce, PRODUCE_VERSION, { acks: -1, timeoutMs: 3_000, topicData })
    const { errorCode } = responses[0]!.partitionResponses[0]!
    if (errorCode === 0) {
      this.#history.acknowledged(ids)
      this.#sequence += count
      this.#pending = null
    } else if (!RETRIED.has(errorCode)) this.#history.fail(`${ids[0]} was refused with error ${errorCode}`)
    await this.#clients.sleep(this.#random.between(0, 40))
    return true
  }

  #make(): Sent {
    const random = this.#random
    const count = 1 + random.below(6)
    const ids = Array.from({ length: count }, (_, at) => `${this.#name}/${this.#made}/${at}`)
    this.#made++
    const now = this.#clients.host.clock.now()
    const records = ids.map((id) => {
      const delay = random.below(this.#delayMaxMs)
      const due = now + delay
      const header = (['none', 'TIMER_DELAY_MS', 'TIMER_DELIVER_MS'] as const)[random.below(3)]!
      this.#history.sent(id, this.#partition, header === 'TIMER_DELIVER_MS' ? due : 0)
      const text = header === 'TIMER_DELIVER_MS' ? due : delay
      return {
        key: id,
        value: Buffer.alloc(random.below(300), id),
        timestamp: now,
        headers: [{ key: 'id', value: id }, ...(header === 'none' ? [] : [{ key: header, value: String(text) }])],
      }
    })
    const codec = (['none', 'none', 'lz4'] as CodecName[])[random.below(3)]!
    const sequence = { producerId: this.#producerId, producerEpoch: 0, baseSequence: this.#sequence }
    return { bytes: encodeBatch({ ...sequence, codec, records }), count, ids }
  }
}
