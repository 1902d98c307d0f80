import { setTimeout as sleep } from 'node:timers/promises'
import { encodeBatch, errors, InitProducerId, Produce, sliceOf } from '@odradek/protocol'
import type { ClusterClient } from './cluster-client.ts'

const RETRIED: readonly number[] = [
  errors.NOT_LEADER_OR_FOLLOWER.code,
  errors.LEADER_NOT_AVAILABLE.code,
  errors.UNKNOWN_TOPIC_OR_PARTITION.code,
  errors.REQUEST_TIMED_OUT.code,
  errors.NOT_ENOUGH_REPLICAS.code,
  errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND.code,
]

/** An idempotent producer with acks=all: one batch after the other, each sent until it is acknowledged, to whoever leads. */
export class FailoverProducer {
  readonly topic: string
  readonly name: string
  /** Offsets by sequence, of what was acknowledged. */
  readonly offsets: number[] = []
  readonly #client: ClusterClient
  readonly #headers: (sequence: number) => { key: string; value: string }[]
  readonly #index: number
  #isEnding = false
  #attempts = 0
  readonly #run: Promise<void>

  constructor(
    client: ClusterClient,
    topic: string,
    name: string,
    headers: (sequence: number) => { key: string; value: string }[] = () => [],
    index = 0,
  ) {
    this.#index = index
    this.#client = client
    this.topic = topic
    this.name = name
    this.#headers = headers
    this.#run = this.#produce()
    // Whoever waits for its end hears of it.
    this.#run.catch(() => {})
  }

  /** Attempts that brought no acknowledgement. */
  get failures(): number {
    return this.#attempts - this.offsets.length
  }

  /** Resolves when so many more are acknowledged; rejects when it saw something wrong. */
  async acknowledges(count: number): Promise<void> {
    const wanted = this.offsets.length + count
    const enough = async () => {
      while (this.offsets.length < wanted) await sleep(5)
    }
    await Promise.race([enough(), this.#run])
  }

  /** Begins nothing more, and waits for what is begun. */
  async end(): Promise<void> {
    this.#isEnding = true
    await this.#run
  }

  async #produce(): Promise<void> {
    let producerId = -1
    while (!this.#isEnding) {
      const partition = await this.#client.partition(this.topic, this.#index)
      const leader = partition?.leaderId ?? -1
      if (leader < 0) {
        await sleep(20)
        continue
      }
      try {
        const client = await this.#client.to(leader)
        if (producerId < 0) {
          const answer = await client.send(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 })
          if (answer.errorCode === 0) producerId = answer.producerId
          continue
        }
        while (await this.#send(client, producerId));
      } catch (error) {
        if (error instanceof WrongAnswer) throw error
        this.#client.drop(leader)
        await sleep(20)
      }
    }
  }

  /** Sends the next batch, or the one before again; false where another broker is to be asked. */
  async #send(client: Awaited<ReturnType<ClusterClient['to']>>, producerId: number): Promise<boolean> {
    if (this.#isEnding) return false
    const sequence = this.offsets.length
    const value = `${this.name} ${sequence}`
    const records = encodeBatch({
      producerId,
      producerEpoch: 0,
      baseSequence: sequence,
      records: [{ key: value, value, timestamp: Date.now(), headers: this.#headers(sequence) }],
    })
    this.#attempts++
    const { responses } = await client.send(Produce, 9, {
      acks: -1,
      timeoutMs: 5_000,
      topicData: [{ name: this.topic, partitionData: [{ index: this.#index, records: sliceOf(records) }] }],
    })
    const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
    if (errorCode === 0) {
      this.offsets.push(baseOffset)
      return true
    }
    if (!RETRIED.includes(errorCode)) throw new WrongAnswer(`${value} was refused with error ${errorCode}`)
    await sleep(20)
    return false
  }
}

class WrongAnswer extends Error {}
