import type { SimRandom } from '@odradek/broker/src/host/sim/index.ts'
import {
  BatchCursor,
  encodeBatch,
  errors,
  Fetch,
  InitProducerId,
  Produce,
  RecordCursor,
  type RecordInput,
  sliceOf,
} from '@odradek/protocol'
import type { ClientSide } from '../client-side.ts'
import type { SimClient } from '../sim-client.ts'
import type { TimedHistory } from './timed-history.ts'

/**
 * Reads a retry topic and fails with every record: sends it back as it was received, each once (it is idempotent, and
 * its position and sequence outlive the broker), until all that was acknowledged became dead letters.
 */
export class FailingConsumer {
  readonly #clients: ClientSide
  readonly #history: TimedHistory
  readonly #partition: number
  readonly #isOver: (position: number) => boolean
  readonly #random: SimRandom
  #producerId = -1
  #sequence = 0
  #position = 0
  #pending: { readonly bytes: Buffer; readonly count: number; readonly next: number } | null = null

  constructor(options: {
    clients: ClientSide
    history: TimedHistory
    partition: number
    isOver: (position: number) => boolean
  }) {
    this.#clients = options.clients
    this.#history = options.history
    this.#partition = options.partition
    this.#isOver = options.isOver
    this.#random = options.clients.random()
  }

  start(): void {
    this.#clients.start(`failing consumer ${this.#partition}`, (client) => this.#turn(client))
  }

  async #turn(client: SimClient): Promise<boolean> {
    if (this.#producerId < 0) {
      const answer = await client.request(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 })
      if (answer.errorCode === 0) this.#producerId = answer.producerId
      return true
    }
    if (this.#pending === null) {
      if (this.#clients.draining && this.#isOver(this.#position)) return false
      await this.#read(client)
      if (this.#pending === null) await this.#clients.sleep(this.#random.between(1, 40))
      return true
    }
    const { bytes, count, next } = this.#pending
    const partitionData = [{ index: this.#partition, records: sliceOf(Buffer.from(bytes)) }]
    const topicData = [{ name: this.#history.topic, partitionData }]
    const { responses } = await client.request(Produce, 12, { acks: -1, timeoutMs: 3_000, topicData })
    const { errorCode } = responses[0]!.partitionResponses[0]!
    if (errorCode === errors.NONE.code) {
      this.#sequence += count
      this.#position = next
      this.#pending = null
    } else {
      if (errorCode === errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code)
        this.#history.fail('a failure was refused as out of order')
      await this.#clients.sleep(20)
    }
    return true
  }

  async #read(client: SimClient): Promise<void> {
    const partitions = [{ partition: this.#partition, fetchOffset: this.#position, partitionMaxBytes: 4_000 }]
    const topics = [{ topic: this.#history.topic, partitions }]
    const response = await client.request(Fetch, 12, { maxWaitMs: 0, minBytes: 0, topics })
    const { errorCode, records } = response.responses[0]!.partitions[0]!
    if (errorCode !== 0 || records === null) return
    const failed: RecordInput[] = []
    const cursor = new RecordCursor()
    const batches = new BatchCursor(records)
    let next = this.#position
    while (batches.next()) {
      cursor.open(batches.slice())
      while (cursor.next()) {
        if (cursor.offset < this.#position) continue
        const headers = [...cursor.headers(), { key: 'EXCEPTION', value: Buffer.from('it always fails') }]
        failed.push({ key: cursor.key(), value: cursor.value(), headers, timestamp: cursor.timestamp })
        next = cursor.offset + 1
      }
    }
    if (failed.length === 0) return
    const sequence = { producerId: this.#producerId, producerEpoch: 0, baseSequence: this.#sequence }
    this.#pending = { bytes: encodeBatch({ ...sequence, records: failed }), count: failed.length, next }
  }
}
