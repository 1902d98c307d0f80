import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeBatch, errors, InitProducerId, Produce, sliceOf } from '@odradek/protocol'
import type { WireClient } from '../wire-client.ts'
import { PersistentClient } from './persistent-client.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

interface Batch {
  readonly target: Target
  readonly sequence: number
  readonly count: number
  outcome: number | null
}

interface Target extends TopicPartition {
  nextSequence: number
  /** Sequences below were acknowledged. */
  acknowledged: number
  /** Where each acknowledged sequence is said to be. */
  readonly offsets: Map<number, number>
}

const IN_FLIGHT_MAX = 5
const RECORDS_MAX = 4
const RETRIED: readonly number[] = [
  errors.NOT_LEADER_OR_FOLLOWER.code,
  errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code,
  errors.REQUEST_TIMED_OUT.code,
]

/**
 * An idempotent producer as exact as can be: up to five batches in flight, each sent again and in order until it is
 * acknowledged. Record values are `<name> <sequence>`, so that a log tells what became of them.
 */
export class SequencedProducer {
  readonly name: string
  readonly targets: readonly Target[]
  readonly #random: (bound: number) => number
  readonly #client: PersistentClient
  readonly #pauseMs: number
  #producerId = -1
  #pending: Batch[] = []
  #isEnding = false
  #turns = 0

  constructor(options: {
    name: string
    port: number
    targets: readonly TopicPartition[]
    /** Draws a whole number below its argument. */
    random: (bound: number) => number
    pauseMs: number
  }) {
    this.name = options.name
    this.#random = options.random
    this.#pauseMs = options.pauseMs
    this.targets = options.targets.map((target) => ({
      ...target,
      nextSequence: 0,
      acknowledged: 0,
      offsets: new Map(),
    }))
    this.#client = new PersistentClient(options.port, (client) => this.#turn(client))
  }

  /** Records acknowledged so far. */
  get acknowledged(): number {
    return this.targets.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
  }

  /** Rejects when it saw something wrong. */
  get failed(): Promise<never> {
    return this.#client.failed
  }

  /** Makes no new records, and resolves when all are acknowledged. */
  async end(): Promise<void> {
    this.#isEnding = true
    await this.#client.done
  }

  async #turn(client: WireClient): Promise<boolean> {
    if (this.#producerId < 0) {
      const { errorCode, producerId } = await client.send(InitProducerId, 4, {
        transactionalId: null,
        transactionTimeoutMs: 0,
      })
      assert.equal(errorCode, 0)
      this.#producerId = producerId
    }
    if (!this.#isEnding) this.#fill()
    if (this.#pending.length === 0) return false
    await this.#send(client)
    if (this.#turns++ % 4 === 0) await sleep(this.#pauseMs)
    return true
  }

  #fill(): void {
    const target = this.targets[this.#random(this.targets.length)]!
    const batches = 1 + this.#random(IN_FLIGHT_MAX)
    while (this.#pending.length < batches) {
      const count = 1 + this.#random(RECORDS_MAX)
      // All in flight go to one partition, so that their order matters.
      const to = this.#pending[0]?.target ?? target
      this.#pending.push({ target: to, sequence: to.nextSequence, count, outcome: null })
      to.nextSequence += count
    }
  }

  async #send(client: WireClient): Promise<void> {
    const answers = this.#pending.map(async (batch) => {
      batch.outcome = null
      const { topic, partition } = batch.target
      const records = sliceOf(this.#encode(batch))
      const { responses } = await client.send(Produce, 9, {
        acks: -1,
        timeoutMs: 10_000,
        topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
      })
      const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
      batch.outcome = errorCode
      if (errorCode === 0) this.#acknowledge(batch, baseOffset)
    })
    const settled = await Promise.allSettled(answers)
    const first = this.#pending.find(({ outcome }) => outcome !== 0)
    const what = first && `${this.name} ${first.target.topic}-${first.target.partition}, sequence ${first.sequence}`
    if (first && first.outcome !== null)
      assert.ok(
        RETRIED.includes(first.outcome) && first.outcome !== errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code,
        `${what}: error ${first.outcome}`,
      )
    this.#pending = this.#pending.filter(({ outcome }) => outcome !== 0)
    for (const { outcome } of this.#pending)
      assert.ok(outcome === null || RETRIED.includes(outcome), `${what}: after it, error ${outcome}`)
    for (const answer of settled) if (answer.status === 'rejected') throw answer.reason
  }

  #acknowledge({ target, sequence, count }: Batch, baseOffset: number): void {
    assert.equal(
      sequence,
      target.acknowledged,
      `${this.name} ${target.topic}-${target.partition} is acknowledged in order`,
    )
    target.acknowledged = sequence + count
    for (let at = 0; at < count; at++) target.offsets.set(sequence + at, baseOffset + at)
  }

  #encode({ sequence, count }: Batch): Buffer {
    return encodeBatch({
      producerId: this.#producerId,
      producerEpoch: 0,
      baseSequence: sequence,
      records: Array.from({ length: count }, (_, at) => ({
        value: `${this.name} ${sequence + at} ${'.'.repeat(this.#random(200))}`,
        timestamp: Date.now(),
      })),
    })
  }
}
