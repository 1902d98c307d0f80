/** Answers to all that comes before and after the load, in the right wire format and without more truth than it needs. */
import {
  type Api,
  ApiVersions,
  CreateTopics,
  DeleteTopics,
  Fetch,
  isResponseHeaderFlexible,
  ListOffsets,
  Metadata,
  Produce,
  type Reader,
  type Shape,
  Writer,
  writeResponseHeader,
} from '@odradek/protocol'
import type { ReferenceTopic } from './reference-topic.ts'

const APIS = [Produce, Fetch, ListOffsets, Metadata, ApiVersions, CreateTopics, DeleteTopics]
const UNKNOWN_TOPIC = 3

/** A whole response, its length in front. Throws for an API that a reference server does not have. */
export function controlAnswer(
  topic: ReferenceTopic,
  port: number,
  key: number,
  version: number,
  correlationId: number,
  reader: Reader,
): Buffer {
  switch (key) {
    case ApiVersions.key:
      return frameOf(ApiVersions, version, correlationId, {
        errorCode: 0,
        apiKeys: APIS.map((api) => ({ apiKey: api.key, minVersion: api.versions[0], maxVersion: api.versions[1] })),
      })
    case CreateTopics.key: {
      const { topics } = CreateTopics.request.decode(reader, version)
      for (const { name, numPartitions, configs } of topics) {
        const isFlushed = configs.some((config) => config.name === 'flush.messages' && config.value === '1')
        topic.create(name, numPartitions, isFlushed)
      }
      return frameOf(CreateTopics, version, correlationId, {
        topics: topics.map(({ name }) => ({ name, errorCode: 0 })),
      })
    }
    case DeleteTopics.key: {
      const { topicNames } = DeleteTopics.request.decode(reader, version)
      if (topicNames.includes(topic.name)) topic.remove()
      return frameOf(DeleteTopics, version, correlationId, {
        responses: topicNames.map((name) => ({ name, errorCode: 0 })),
      })
    }
    case Metadata.key: {
      const { topics } = Metadata.request.decode(reader, version)
      return frameOf(Metadata, version, correlationId, {
        brokers: [{ nodeId: 1, host: '127.0.0.1', port }],
        controllerId: 1,
        topics: (topics ?? []).map(({ name }) => ({
          errorCode: name === topic.name ? 0 : UNKNOWN_TOPIC,
          name,
          partitions: topic.partitions.map((_, partitionIndex) => ({
            errorCode: 0,
            partitionIndex,
            leaderId: 1,
            replicaNodes: [1],
            isrNodes: [1],
          })),
        })),
      })
    }
    case ListOffsets.key: {
      const { topics } = ListOffsets.request.decode(reader, version)
      return frameOf(ListOffsets, version, correlationId, {
        topics: topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => ({
            partitionIndex,
            errorCode: 0,
            offset: topic.partitions[partitionIndex]!.endOffset,
          })),
        })),
      })
    }
    default:
      throw new Error(`The reference server has no API ${key}`)
  }
}

function frameOf<Q extends Shape, A extends Shape>(
  api: Api<Q, A>,
  version: number,
  correlationId: number,
  response: Parameters<Api<Q, A>['response']['encode']>[1],
): Buffer {
  const writer = new Writer()
  writer.int32(0)
  writeResponseHeader(writer, correlationId, isResponseHeaderFlexible(api.key, api.response.isFlexible(version)))
  api.response.encode(writer, response, version)
  writer.patchInt32(0, writer.length - 4)
  return Buffer.from(writer.buffer.subarray(0, writer.length))
}
