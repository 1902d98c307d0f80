/** A topic of a test: made under a name of its own, written and read over a connection. */
import { deepEqual, equal } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import {
  type BatchOptions,
  CreateTopics,
  encodeBatch,
  Fetch,
  ListOffsets,
  Produce,
  type RecordInput,
  type RequestInput,
  type ResponseOutput,
  sliceOf,
} from '@odradek/protocol'
import { type ReadRecord, readRecords } from '../protocol-cross-check/read-records.ts'
import type { WireClient } from '../wire-client.ts'
import { oursOnly } from './subject.ts'

type ProduceAnswer = ResponseOutput<typeof Produce>['responses'][number]['partitionResponses'][number]
type FetchAnswer = ResponseOutput<typeof Fetch>['responses'][number]['partitions'][number]
type ListedOffset = ResponseOutput<typeof ListOffsets>['topics'][number]['partitions'][number]

interface ProduceOptions {
  /** [12] */
  readonly version?: number
  /** [0] */
  readonly partition?: number
  /** [-1] */
  readonly acks?: number
}

interface FetchOptions {
  /** [12] */
  readonly version?: number
  readonly partition?: number
  readonly maxWaitMs?: number
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly partitionMaxBytes?: number
  readonly isolationLevel?: number
  readonly currentLeaderEpoch?: number
}

/** What a topic's records are, without what the broker gave them. */
export type Batch = BatchOptions & { readonly records: readonly RecordInput[] }

export class WireTopic {
  readonly client: WireClient
  readonly name: string
  readonly topicId: string

  constructor(client: WireClient, name: string, topicId: string) {
    this.client = client
    this.name = name
    this.topicId = topicId
  }

  /** Makes a topic with one partition, or as many as `partitions` says. */
  static async create(
    client: WireClient,
    { partitions = 1, configs = {} }: { partitions?: number; configs?: Readonly<Record<string, string>> } = {},
  ): Promise<WireTopic> {
    const name = `topic-${randomUUID()}`
    const { topics } = await client.send(CreateTopics, 7, {
      topics: [
        {
          name,
          numPartitions: partitions,
          replicationFactor: 1,
          assignments: [],
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
    })
    const [created] = topics
    deepEqual([created?.errorCode, created?.errorMessage], [0, null])
    const topic = new WireTopic(client, name, created!.topicId)
    // Kafka answers before its broker leads the partitions; ours does not.
    for (let index = 0; oursOnly && index < partitions; index += 1) while (!(await topic.#isLed(index)));
    return topic
  }

  async #isLed(partitionIndex: number): Promise<boolean> {
    const topics = [{ name: this.name, partitions: [{ partitionIndex, timestamp: -1 }] }]
    const answer = await this.client.send(ListOffsets, 1, { topics })
    return answer.topics[0]!.partitions[0]!.errorCode === 0
  }

  /** The request that produces one batch. */
  produceRequest(batch: Batch | Buffer, options: ProduceOptions = {}): RequestInput<typeof Produce> {
    const { partition = 0, acks = -1 } = options
    const records = sliceOf(Buffer.isBuffer(batch) ? batch : encodeBatch(batch))
    const { name, topicId } = this
    return { acks, timeoutMs: 10_000, topicData: [{ name, topicId, partitionData: [{ index: partition, records }] }] }
  }

  /** Produces one batch and gives the partition's answer, whatever it is. */
  async produce(batch: Batch | Buffer, options: ProduceOptions = {}): Promise<ProduceAnswer> {
    const answer = await this.client.send(Produce, options.version ?? 12, this.produceRequest(batch, options))
    equal(answer.responses.length, 1)
    equal(answer.responses[0]!.partitionResponses.length, 1)
    return answer.responses[0]!.partitionResponses[0]!
  }

  /** Produces one batch with these values, now; fails unless it is taken. Returns its base offset. */
  async write(...values: string[]): Promise<number> {
    const timestamp = Date.now()
    const answer = await this.produce({ records: values.map((value) => ({ key: value, value, timestamp })) })
    deepEqual([answer.errorCode, answer.errorMessage], [0, null])
    return answer.baseOffset
  }

  /** The request that fetches from one partition without a session. */
  fetchRequest(fetchOffset: number, options: FetchOptions = {}): RequestInput<typeof Fetch> {
    const { partition = 0, currentLeaderEpoch = -1, partitionMaxBytes = 1 << 20 } = options
    const { maxWaitMs = 0, minBytes = 1, maxBytes = 1 << 24, isolationLevel = 0 } = options
    const { name: topic, topicId } = this
    const partitions = [{ partition, fetchOffset, currentLeaderEpoch, partitionMaxBytes }]
    return { maxWaitMs, minBytes, maxBytes, isolationLevel, topics: [{ topic, topicId, partitions }] }
  }

  /** Fetches from one partition and gives its answer, whatever it is. */
  async fetch(fetchOffset: number, options: FetchOptions = {}): Promise<FetchAnswer> {
    const answer = await this.client.send(Fetch, options.version ?? 12, this.fetchRequest(fetchOffset, options))
    equal(answer.errorCode, 0)
    equal(answer.responses.length, 1)
    equal(answer.responses[0]!.partitions.length, 1)
    return answer.responses[0]!.partitions[0]!
  }

  /** Fetches records; fails on an error, or where they are null. */
  async read(fetchOffset: number, options: FetchOptions = {}): Promise<ReadRecord[]> {
    const answer = await this.fetch(fetchOffset, options)
    equal(answer.errorCode, 0)
    equal(answer.records === null, false, 'records are null')
    return readRecords(answer.records)
  }

  /** Asks for the offset of one time, whatever the answer. */
  async offsetOf(
    timestamp: number,
    { version = 11, isolationLevel = 0, currentLeaderEpoch = -1, partition = 0 } = {},
  ): Promise<ListedOffset> {
    const partitions = [{ partitionIndex: partition, currentLeaderEpoch, timestamp }]
    const topics = [{ name: this.name, partitions }]
    const answer = await this.client.send(ListOffsets, version, { isolationLevel, topics, timeoutMs: 1000 })
    return answer.topics[0]!.partitions[0]!
  }
}
