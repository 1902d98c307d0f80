/** What is asked of a server before and after the clock runs: one request at a time, checked by the tables of the protocol. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import {
  type Api,
  ApiVersions,
  BatchCursor,
  CreateTopics,
  type Decoded,
  DeleteTopics,
  type Encodable,
  errorName,
  Fetch,
  isResponseHeaderFlexible,
  ListOffsets,
  Metadata,
  Produce,
  Reader,
  readResponseHeader,
  type Shape,
  type Slice,
  sliceOf,
  Writer,
  writeRequestHeader,
} from '@odradek/protocol'
import { LoadError } from './load.ts'

/** The newest versions that name topics rather than ids, so that one frame fits every broker and every topic. */
export const PRODUCE_VERSION = 11
export const FETCH_VERSION = 12
const LATEST_OFFSET = -1
const ANSWER_MS_MAX = 60_000

export class ControlClient {
  readonly #socket: Socket
  readonly #frames: AsyncIterator<Buffer>
  #correlationId = 0x4000_0000

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#frames = framesOf(socket)
  }

  static async connect(host: string, port: number): Promise<ControlClient> {
    const socket = connect({ host, port, noDelay: true })
    socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy(new LoadError(`No answer within ${ANSWER_MS_MAX / 1000} s`)))
    await once(socket, 'connect')
    return new ControlClient(socket)
  }

  close(): void {
    this.#socket.destroy()
  }

  async send<Q extends Shape, A extends Shape>(
    api: Api<Q, A>,
    version: number,
    request: Encodable<Q>,
  ): Promise<Decoded<A>> {
    const correlationId = this.#correlationId++
    this.#socket.write(encodeRequest(api, version, correlationId, request))
    const { value: frame, done } = await this.#frames.next()
    if (done === true) throw new LoadError(`The server closed the connection at ${api.name}`)
    const { buffer, view, start, end } = sliceOf(frame as Buffer)
    const reader = new Reader(buffer, view, start, end)
    const answered = readResponseHeader(reader, isResponseHeaderFlexible(api.key, api.response.isFlexible(version)))
    if (answered !== correlationId)
      throw new LoadError(`${api.name}: answer ${answered} came where ${correlationId} was due`)
    return api.response.decode(reader, version)
  }

  /** Fails where the server lacks the versions that the load is made of. */
  async checkVersions(): Promise<void> {
    const { apiKeys } = await this.send(ApiVersions, 0, {})
    for (const [api, version] of [
      [Produce, PRODUCE_VERSION],
      [Fetch, FETCH_VERSION],
    ] as const) {
      const served = apiKeys.find(({ apiKey }) => apiKey === api.key)
      if (!served || served.minVersion > version || served.maxVersion < version) {
        throw new LoadError(`The server has no ${api.name} version ${version}`)
      }
    }
  }

  /**
   * Creates a topic; waits until every partition is led. Returns the leader's address: with more than one replica, that of
   * the broker with the lowest id, which is the first replica of each partition.
   */
  async createTopic(
    name: string,
    partitions: number,
    configs: Record<string, string> = {},
    replicas = 1,
  ): Promise<Address> {
    const brokerIds = replicas === 1 ? [] : (await this.brokerIds()).slice(0, replicas)
    if (replicas > 1 && brokerIds.length < replicas)
      throw new LoadError(`${replicas} replicas need as many brokers; there are ${brokerIds.length}`)
    const { topics } = await this.send(CreateTopics, 4, {
      topics: [
        {
          name,
          numPartitions: replicas === 1 ? partitions : -1,
          replicationFactor: replicas === 1 ? 1 : -1,
          assignments:
            replicas === 1
              ? []
              : Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, brokerIds })),
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
      timeoutMs: 30_000,
      validateOnly: false,
    })
    check('CreateTopics', topics[0]?.errorCode ?? -1, topics[0]?.errorMessage)
    return this.leaderOf(name, partitions)
  }

  /** The one broker that leads all partitions of a topic; waits for it up to a minute. */
  async leaderOf(name: string, partitions: number): Promise<Address> {
    for (const until = performance.now() + 60_000; ; await pause(20)) {
      const { topics, brokers } = await this.send(Metadata, 4, { topics: [{ name }], allowAutoTopicCreation: false })
      const leaders = new Set(
        topics[0]?.partitions.map((partition) => (partition.errorCode === 0 ? partition.leaderId : -1)),
      )
      if (topics[0]?.partitions.length === partitions && !leaders.has(-1)) {
        if (leaders.size > 1) throw new LoadError(`${name} is led by ${leaders.size} brokers; the load goes to one`)
        const leader = brokers.find(({ nodeId }) => leaders.has(nodeId))
        if (leader) return { host: leader.host, port: leader.port }
      }
      if (performance.now() > until) throw new LoadError(`${name} has no leaders after a minute`)
    }
  }

  /** Ids of the brokers there are, ascending. */
  async brokerIds(): Promise<number[]> {
    const { brokers } = await this.send(Metadata, 4, { topics: [], allowAutoTopicCreation: false })
    return brokers.map(({ nodeId }) => nodeId).sort((a, b) => a - b)
  }

  /** The broker that makes topics, -1 while there is none. */
  async controllerId(): Promise<number> {
    return (await this.send(Metadata, 4, { topics: [], allowAutoTopicCreation: false })).controllerId
  }

  async deleteTopic(name: string): Promise<void> {
    const { responses } = await this.send(DeleteTopics, 3, { topicNames: [name], timeoutMs: 30_000 })
    check('DeleteTopics', responses[0]?.errorCode ?? -1)
  }

  /** The offset that the next record of each partition will have. */
  async endOffsets(topic: string, partitions: number): Promise<number[]> {
    const { topics } = await this.send(ListOffsets, 3, {
      topics: [
        {
          name: topic,
          partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({
            partitionIndex,
            timestamp: LATEST_OFFSET,
          })),
        },
      ],
    })
    const ends: number[] = new Array(partitions).fill(Number.NaN)
    for (const { partitionIndex, errorCode, offset } of topics[0]?.partitions ?? []) {
      check(`ListOffsets ${topic}-${partitionIndex}`, errorCode)
      ends[partitionIndex] = offset
    }
    if (ends.some(Number.isNaN)) throw new LoadError(`ListOffsets left out a partition of ${topic}`)
    return ends
  }

  /** One batch into one partition; again while the leader is still learning of the topic. */
  async produce(topic: string, partition: number, batch: Slice, acks: 1 | -1 = 1): Promise<void> {
    for (const until = performance.now() + 30_000; ; await pause(50)) {
      const { responses } = await this.send(Produce, PRODUCE_VERSION, {
        acks,
        timeoutMs: 30_000,
        topicData: [{ name: topic, partitionData: [{ index: partition, records: batch }] }],
      })
      const code = responses[0]?.partitionResponses[0]?.errorCode ?? -1
      if (code === 0) return
      if (!isPassing(code) || performance.now() > until) check(`Produce ${topic}-${partition}`, code)
    }
  }

  /** The batches from `offset` on, about `bytes` of them. */
  async fetch(topic: string, partition: number, offset: number, bytes: number): Promise<Slice> {
    const { errorCode, responses } = await this.send(Fetch, FETCH_VERSION, {
      maxWaitMs: 500,
      minBytes: 1,
      maxBytes: bytes,
      topics: [{ topic, partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: bytes }] }],
    })
    const found = responses[0]?.partitions[0]
    check(`Fetch ${topic}-${partition}`, errorCode || (found?.errorCode ?? -1))
    if (!found?.records) throw new LoadError(`Fetch ${topic}-${partition}: no records at offset ${offset}`)
    return found.records
  }

  /** A cursor over what `fetch` finds. */
  async batches(topic: string, partition: number, offset: number, bytes: number): Promise<BatchCursor> {
    return new BatchCursor(await this.fetch(topic, partition, offset, bytes))
  }
}

export interface Address {
  readonly host: string
  readonly port: number
}

/** A whole request, its length in front. */
export function encodeRequest<Q extends Shape, A extends Shape>(
  api: Api<Q, A>,
  version: number,
  correlationId: number,
  request: Encodable<Q>,
): Buffer {
  const writer = new Writer()
  writer.int32(0)
  const header = { apiKey: api.key, apiVersion: version, correlationId, clientId: 'odradek-bench' }
  writeRequestHeader(writer, header, api.request.isFlexible(version))
  api.request.encode(writer, request, version)
  writer.patchInt32(0, writer.length - 4)
  return Buffer.from(writer.buffer.subarray(0, writer.length))
}

/** Throws a LoadError where `code` is one. */
export function check(what: string, code: number, text?: string | null): void {
  if (code !== 0) throw new LoadError(`${what}: error ${code} ${errorName(code)}${text ? `, ${text}` : ''}`)
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** Codes of a topic that is being created; an error once the clock runs. */
function isPassing(code: number): boolean {
  return code === 3 || code === 5 || code === 6 || code === 7 || code === 19 || code === 20
}

async function* framesOf(socket: Socket): AsyncGenerator<Buffer, void> {
  let chunks: Buffer[] = []
  let bytes = 0
  let wanted = 4
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    while (bytes >= wanted) {
      const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
      const end = 4 + all.readInt32BE(0)
      chunks = [all]
      wanted = end
      if (all.length < end) break
      yield Buffer.from(all.subarray(4, end))
      const rest = all.subarray(end)
      chunks = rest.length > 0 ? [rest] : []
      bytes = rest.length
      wanted = 4
    }
  }
}
