/**
 * A broker process that is killed at random moments, twenty times over the same data directory, while producers write
 * records that wait, are due and are half delivered: by key, each acknowledged one is there once.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeBatch, errors, InitProducerId, Produce, sliceOf } from '@odradek/protocol'
import { SimRandom } from '../../src/host/sim/index.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'
import { BrokerProcess, freePort } from './broker-process.ts'
import { createTopics } from './create-topics.ts'
import { PersistentClient } from './persistent-client.ts'

const KILLS = 20
const SEED = Number(process.env.CRASH_SEED ?? 1)
const TIMEOUT_MS = 240_000
const DELAY_MS_MAX = 1_500
const RETRIED: readonly number[] = [
  errors.NOT_LEADER_OR_FOLLOWER.code,
  errors.REQUEST_TIMED_OUT.code,
  errors.UNKNOWN_TOPIC_OR_PARTITION.code,
]

/** Sends records that wait, idempotently, each batch until it is acknowledged. */
class TimedProducer {
  readonly acknowledged: string[] = []
  readonly #name: string
  readonly #topic: string
  readonly #random: SimRandom
  readonly #client: PersistentClient
  #producerId = -1
  #sequence = 0
  #isEnding = false
  #pending: { keys: string[]; bytes: Buffer } | null = null

  constructor(name: string, topic: string, port: number, random: SimRandom) {
    this.#name = name
    this.#topic = topic
    this.#random = random
    this.#client = new PersistentClient(port, (client) => this.#turn(client))
  }

  get failed(): Promise<never> {
    return this.#client.failed
  }

  async end(): Promise<void> {
    this.#isEnding = true
    await this.#client.done
  }

  async #turn(client: WireClient): Promise<boolean> {
    if (this.#producerId < 0) {
      const answer = await client.send(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 })
      this.#producerId = answer.producerId
    }
    if (this.#pending === null) {
      if (this.#isEnding) return false
      this.#pending = this.#make()
    }
    const { keys, bytes } = this.#pending
    const partitionData = [{ index: 0, records: sliceOf(Buffer.from(bytes)) }]
    const topicData = [{ name: this.#topic, partitionData }]
    const { responses } = await client.send(Produce, 12, { acks: -1, timeoutMs: 5_000, topicData })
    const { errorCode } = responses[0]!.partitionResponses[0]!
    if (errorCode === 0) {
      this.acknowledged.push(...keys)
      this.#sequence += keys.length
      this.#pending = null
    } else assert.ok(RETRIED.includes(errorCode), `error ${errorCode}`)
    await sleep(this.#random.below(8))
    return true
  }

  #make(): { keys: string[]; bytes: Buffer } {
    const count = 1 + this.#random.below(20)
    const keys = Array.from({ length: count }, (_, at) => `${this.#name}-${this.#sequence + at}`)
    const records = keys.map((key) => ({
      key,
      value: Buffer.alloc(this.#random.below(500), key),
      headers: [{ key: 'TIMER_DELAY_MS', value: String(this.#random.below(DELAY_MS_MAX)) }],
      timestamp: Date.now(),
    }))
    const sequence = { producerId: this.#producerId, producerEpoch: 0, baseSequence: this.#sequence }
    return { keys, bytes: encodeBatch({ ...sequence, records }) }
  }
}

it(`records that wait are delivered once, over ${KILLS} kills (seed ${SEED})`, { timeout: TIMEOUT_MS }, async () => {
  const scratch = await mkdtemp(join(tmpdir(), 'odradek-kill-intake-'))
  after(() => rm(scratch, { recursive: true, force: true }))
  const config = { 'log.retention.check.interval.ms': '200' }
  const options = { scratch, port: await freePort(), config }
  const random = new SimRandom(SEED)
  let broker = new BrokerProcess(options)
  await broker.listening
  const topics = ['async', 'sync'].map((mode) => ({
    name: mode,
    partitions: 1,
    configs: { 'message.type': 'DELAY', 'flush.mode': mode, 'segment.bytes': '20000' },
  }))
  await createTopics(options.port, topics)
  const producers = ['ann', 'bob', 'cyd', 'dan'].map(
    (name, at) => new TimedProducer(name, topics[at % 2]!.name, options.port, random.fork()),
  )
  const live = async () => {
    for (let kill = 1; kill <= KILLS; kill++) {
      await sleep(random.below(kill % 4 === 0 ? 400 : 900))
      await broker.kill()
      broker = new BrokerProcess(options)
      if (kill % 4 !== 3) await broker.listening
    }
    await broker.listening
  }
  await Promise.race([live(), ...producers.map(({ failed }) => failed)])
  await Promise.all(producers.map((producer) => producer.end()))

  using client = await WireClient.connect(options.port)
  for (const [at, { name }] of topics.entries()) {
    const acknowledged = producers.filter((_, index) => index % 2 === at).flatMap((each) => each.acknowledged)
    assert.ok(acknowledged.length > 100, `${acknowledged.length} records`)
    const topic = new WireTopic(client, name, '')
    const seen: string[] = []
    let next = 0
    while (seen.length < acknowledged.length) {
      const read = (await topic.read(next, { maxWaitMs: 3_000 })).filter(({ offset }) => offset >= next)
      assert.ok(read.length > 0, `${acknowledged.length - seen.length} records of ${name} are missing`)
      seen.push(...read.map(({ key }) => key!))
      next = read.at(-1)!.offset + 1
    }
    assert.deepEqual(
      (await topic.read(next, { maxWaitMs: 2_000 })).map(({ key }) => key),
      [],
      'none is there twice',
    )
    assert.deepEqual([...seen].sort(), [...acknowledged].sort())
  }
  assert.equal(await broker.stop(), 0, broker.log)
})
