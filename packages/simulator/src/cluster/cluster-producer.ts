import { encodeBatch, errors, InitProducerId, Produce, sliceOf } from '@odradek/protocol'
import type { SimClient } from '../sim-client.ts'
import type { ClusterClients, ClusterSession } from './cluster-clients.ts'
import type { PartitionTale } from './cluster-history.ts'

const PRODUCE_VERSION = 12
const TIMEOUT_MS = 3_000
/** `retry.max.times` */
const TIMES_MAX = '16'
/** What every client takes for "try again": whether it was appended is unknown, or it was not. */
const RETRIED: ReadonlySet<number> = new Set(
  [
    errors.NOT_LEADER_OR_FOLLOWER,
    errors.UNKNOWN_TOPIC_OR_PARTITION,
    errors.LEADER_NOT_AVAILABLE,
    errors.REQUEST_TIMED_OUT,
    errors.NOT_ENOUGH_REPLICAS,
    errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    errors.KAFKA_STORAGE_ERROR,
  ].map(({ code }) => code),
)

interface Batch {
  /** How many were made before it. */
  readonly at: number
  readonly sequence: number
  readonly count: number
  readonly bytes: Buffer
  outcome: number | null
}

/** An idempotent producer whose records are on all in sync when they are acknowledged: up to five batches on the way, each sent again and in order until it is acknowledged. */
export class ClusterProducer {
  readonly #clients: ClusterClients
  readonly #tale: PartitionTale
  readonly #name: string
  readonly #batches: number
  readonly #depth: number
  readonly #pauseMs: number
  /** 0: the records do not wait. */
  readonly #delayMsMax: number
  /** Where every other record goes, for it was retried so often already; null: all are as others. */
  readonly #letters: PartitionTale | null
  readonly #acks: -1 | 1
  #producerId = -1
  #sequence = 0
  #made = 0
  #pending: Batch[] = []
  /** Whether anything was acknowledged. */
  #isKnown = false

  constructor(options: {
    clients: ClusterClients
    tale: PartitionTale
    name: string
    batches: number
    depth: number
    pauseMs: number
    delayMsMax: number
    letters: PartitionTale | null
    /** 1 waits for all in sync where `replication.mode` is `sync`. */
    acks: -1 | 1
  }) {
    this.#clients = options.clients
    this.#tale = options.tale
    this.#name = options.name
    this.#batches = options.batches
    this.#depth = options.depth
    this.#pauseMs = options.pauseMs
    this.#delayMsMax = options.delayMsMax
    this.#letters = options.letters
    this.#acks = options.acks
  }

  start(): void {
    this.#clients.start(`producer ${this.#name}`, (session) => this.#turn(session))
  }

  async #turn(session: ClusterSession): Promise<boolean> {
    const { draining } = this.#clients
    if (this.#producerId < 0) {
      const any = session.any()
      const answer = await any?.request(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 0 })
      if (answer?.errorCode === 0) this.#producerId = answer.producerId
      else await this.#clients.sleep(20)
      return true
    }
    // None is sent from which the oldest that is pending is further away than the batches that a broker knows again. The first
    // goes alone: a broker takes whatever comes first of a producer that it does not know, as Kafka's do.
    const depth = this.#isKnown ? this.#depth : 1
    const isInReach = () => this.#pending.length === 0 || this.#made - this.#pending[0]!.at < depth
    while (!draining && isInReach() && this.#made < this.#batches) this.#make(session)
    if (this.#pending.length === 0) return false
    const leader = await session.leaderOf(this.#tale.topic, this.#tale.index)
    if (leader === null) await this.#clients.sleep(20)
    else await this.#send(session, leader)
    await this.#clients.sleep(session.random.between(0, 2 * this.#pauseMs))
    return true
  }

  #make({ random }: ClusterSession): void {
    const count = 1 + random.below(5)
    const now = this.#clients.host.clock.now()
    const records = Array.from({ length: count }, (_, at) => {
      const id = `${this.#name}/${this.#sequence + at}`
      this.#taleOf(this.#sequence + at).sent(id)
      const delay = String(this.#delayMsMax > 0 ? random.below(this.#delayMsMax) : 0)
      const headers = [{ key: 'id', value: id }]
      if (this.#delayMsMax > 0) headers.push({ key: 'TIMER_DELAY_MS', value: delay })
      if (this.#taleOf(this.#sequence + at) === this.#letters) headers.push({ key: 'RECONSUME_TIME', value: TIMES_MAX })
      return { key: id, value: Buffer.alloc(random.below(400), id), timestamp: now, headers }
    })
    const bytes = encodeBatch({
      producerId: this.#producerId,
      producerEpoch: 0,
      baseSequence: this.#sequence,
      records,
    })
    this.#pending.push({ at: this.#made, sequence: this.#sequence, count, bytes, outcome: null })
    this.#sequence += count
    this.#made++
  }

  async #send(session: ClusterSession, leader: SimClient): Promise<void> {
    const { topic, index } = this.#tale
    const answers = this.#pending.map(async (batch) => {
      batch.outcome = null
      // What is sent is patched where it lies.
      const partitionData = [{ index, records: sliceOf(Buffer.from(batch.bytes)) }]
      const { responses } = await leader.request(Produce, PRODUCE_VERSION, {
        acks: this.#acks,
        timeoutMs: TIMEOUT_MS,
        topicData: [{ name: topic, partitionData }],
      })
      const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
      batch.outcome = errorCode
      if (errorCode === 0) this.#acknowledged(batch, baseOffset)
    })
    const settled = await Promise.allSettled(answers)
    const first = this.#pending.find(({ outcome }) => outcome !== 0)
    this.#pending = this.#pending.filter(({ outcome }) => outcome !== 0)
    for (const { sequence, outcome } of this.#pending) {
      if (outcome === null || RETRIED.has(outcome)) continue
      // What follows one that was refused is out of order until that is there.
      const isBehind = outcome === errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code && sequence !== first!.sequence
      if (!isBehind) this.#clients.history.fail(`${this.#name}/${sequence} was refused with error ${outcome}`)
    }
    if (this.#pending.length > 0) {
      session.forgetLeaders()
      await this.#clients.sleep(session.random.between(1, 50))
    }
    for (const answer of settled) if (answer.status === 'rejected') throw answer.reason
  }

  #acknowledged({ sequence, count }: Batch, baseOffset: number): void {
    this.#isKnown = true
    this.#clients.history.counts.acknowledged += count
    for (let at = 0; at < count; at++)
      this.#taleOf(sequence + at).acknowledge(`${this.#name}/${sequence + at}`, baseOffset + at)
  }

  /** Where a record is to be read. */
  #taleOf(sequence: number): PartitionTale {
    return this.#letters !== null && sequence % 2 === 1 ? this.#letters : this.#tale
  }
}
