/**
 * A partition that another broker leads, as a target of deliveries: batches are sent to it as a producer would, with acks=all,
 * under the producer id that is reserved for them, so that it knows which ones it has. Where it stands is asked first, and
 * again whenever it is not certain what became of a batch.
 */
import type { TopicConfig } from '@odradek/config'
import { type BatchHeader, DescribeProducers, errors, Produce, type Slice } from '@odradek/protocol'
import type { OffsetWait } from '../replication/offset-waits.ts'
import { peerVersions } from '../replication/peers/peer-versions.ts'
import type { Peers } from '../replication/peers/peers.ts'
import type { DeliveryTarget } from './delivery-target.ts'

const ACKS_ALL = -1
const COMMIT_TIMEOUT_MS = 5_000
/** Beyond that: the way there and back. */
const ANSWER_TIMEOUT_MS = 10_000

/** Where a producer stands: its epoch, and its last sequence if it has any. */
interface Standing {
  readonly epoch: number
  readonly batches: number
  readonly lastSequence: number
}

export interface RemoteTargetOptions {
  readonly peers: Peers
  readonly topic: string
  readonly topicId: string
  readonly index: number
  /** Broker id. */
  readonly leader: number
  readonly leaderEpoch: number
  /** The one that deliveries of this intake partition have. */
  readonly producerId: number
  /** `compression.type` of the topic. */
  readonly compression: TopicConfig['compression.type']
}

export class RemoteTarget implements DeliveryTarget {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly leader: number
  readonly leaderEpoch: number
  readonly offlineCode = 0
  readonly hasMinInsyncReplicas = true
  readonly isFlushSynchronous = true
  readonly log: DeliveryTarget['log']
  readonly #peers: Peers
  readonly #producerId: number
  /** Null where it has nothing of the producer; undefined where that is not known. */
  #standing: Standing | null | undefined
  #isAsking = false
  #sent = 0
  readonly #waits = new Map<number, OffsetWait>()

  constructor(options: RemoteTargetOptions) {
    this.topic = options.topic
    this.topicId = options.topicId
    this.index = options.index
    this.leader = options.leader
    this.leaderEpoch = options.leaderEpoch
    this.#peers = options.peers
    this.#producerId = options.producerId
    this.log = {
      config: { 'compression.type': options.compression },
      producer: () => this.#standing ?? undefined,
    }
  }

  /** Itself once it is known where it stands; before, it asks, and says so. */
  ready(): RemoteTarget | string {
    if (this.#standing !== undefined) return this
    if (!this.#isAsking) this.#ask()
    return `broker ${this.leader} is asked where ${this.topic}-${this.index} stands`
  }

  append(batch: Slice, { lastSequence, producerEpoch: epoch }: BatchHeader): { errorCode: number; lastOffset: number } {
    const number = this.#sent++
    const { topicId, index } = this
    const request = {
      acks: ACKS_ALL,
      timeoutMs: COMMIT_TIMEOUT_MS,
      topicData: [{ topicId, partitionData: [{ index, records: batch }] }],
    }
    const question = { api: Produce, version: peerVersions.Produce, request, timeoutMs: ANSWER_TIMEOUT_MS }
    this.#peers.send(this.leader, 'deliver', question, {
      answered: ({ responses }) => {
        const { errorCode } = responses[0]!.partitionResponses[0]!
        this.#ended(number, errorCode, { epoch, batches: 1, lastSequence })
      },
      failed: () => this.#ended(number, errors.REQUEST_TIMED_OUT.code, undefined),
    })
    return { errorCode: errors.NONE.code, lastOffset: number }
  }

  /** `offset` is one more than what `append` returned as its last. */
  waitFor(offset: number, wait: OffsetWait): void {
    this.#waits.set(offset - 1, wait)
  }

  #ended(number: number, errorCode: number, standing: Standing | undefined): void {
    this.#standing = errorCode === errors.NONE.code ? standing : undefined
    const wait = this.#waits.get(number)
    this.#waits.delete(number)
    wait?.reached(errorCode)
  }

  #ask(): void {
    this.#isAsking = true
    const { topic, index } = this
    this.#peers
      .request(this.leader, DescribeProducers, peerVersions.DescribeProducers, {
        topics: [{ name: topic, partitionIndexes: [index] }],
      })
      .then(
        ({ topics }) => {
          const partition = topics[0]?.partitions[0]
          if (partition?.errorCode === errors.NONE.code) {
            const found = partition.activeProducers.find(({ producerId }) => producerId === this.#producerId)
            this.#standing =
              found === undefined
                ? null
                : {
                    epoch: found.producerEpoch,
                    batches: found.lastSequence < 0 ? 0 : 1,
                    lastSequence: found.lastSequence,
                  }
          }
        },
        // It is asked again when it is next needed.
        () => {},
      )
      .finally(() => {
        this.#isAsking = false
      })
  }
}
