import { type CodecName, encodeBatch, Fetch, Produce, type RequestOf, type Slice, sliceOf } from '@odradek/protocol'
import { type Exchange, exchange, hyphened } from './exchange.ts'
import { readRecords } from './read-records.ts'

const topicId = 'UQG-9i0pTZaYbX2pHfq4nA'
const leaderDirectoryId = 'aGVsbG8td29ybGQtMTIzNA'

/** A batch that starts at `baseOffset`. */
function batch(baseOffset: number, codec: CodecName): Slice {
  return sliceOf(
    encodeBatch({
      baseOffset,
      codec,
      records: [
        {
          key: 'key',
          value: `value, ${codec}`,
          timestamp: 1_700_000_000_000,
          headers: [{ key: 'name', value: 'text' }],
        },
        { key: null, value: '', timestamp: 1_700_000_000_100 },
        { key: '', value: null, timestamp: 1_700_000_200_000 },
        { key: 'long', value: 'again and '.repeat(1000), timestamp: 1_700_000_300_000 },
      ],
    }),
  )
}
const noRecords = sliceOf(Buffer.alloc(0))

const codecs: readonly CodecName[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

/** What carries record batches: in every codec, and read by us and by the clients. */
export const recordExchanges: readonly Exchange[] = [
  exchange<typeof Produce>({
    api: Produce,
    requests: codecs.map((codec) => ({
      ...clientOf(codec),
      message: {
        transactionalId: codec === 'gzip' ? 'transaction' : null,
        acks: -1,
        timeoutMs: 1_501,
        topicData: [
          { name: 'café', partitionData: [{ index: 3, records: batch(0, codec) }] },
          {
            name: 'orders',
            partitionData: [
              { index: 1, records: batch(0, codec) },
              { index: 2, records: batch(0, codec) },
            ],
          },
        ],
      },
    })),
    responses: [
      {
        message: {
          responses: [
            {
              name: 'café',
              partitionResponses: [
                {
                  index: 3,
                  errorCode: 0,
                  baseOffset: 2 ** 44 + 1,
                  logAppendTimeMs: 1_700_000_000_001,
                  logStartOffset: 4,
                },
                {
                  index: 5,
                  errorCode: 87,
                  baseOffset: -1,
                  recordErrors: [{ batchIndex: 6, batchIndexErrorMessage: 'no key' }, { batchIndex: 7 }],
                  errorMessage: 'refused',
                },
                { index: 8, errorCode: 6, baseOffset: -1, currentLeader: { leaderId: 9, leaderEpoch: 10 } },
              ],
            },
          ],
          throttleTimeMs: 11,
          nodeEndpoints: [{ nodeId: 9, host: 'nine.example', port: 9092, rack: 'r' }],
        },
      },
      { message: { responses: [] } },
    ],
    kafkajs: {
      say: ({ transactionalId, acks, timeoutMs, topicData }) => ({
        transactionalId,
        acks,
        timeout: timeoutMs,
        compression: codecs.indexOf(codecOf(topicData)),
        topicData: topicData.map(({ name, partitionData }) => ({
          topic: name,
          partitions: partitionData.map(({ index, records }) => ({
            partition: index,
            messages: readRecords(records).map(({ key, value, timestamp, headers }) => ({
              key: key === null ? null : Buffer.from(key),
              value: value === null ? null : Buffer.from(value),
              timestamp,
              headers: Object.fromEntries(headers),
            })),
          })),
        })),
      }),
    },
    platformatic: {
      say: ({ transactionalId, acks, timeoutMs, topicData }) => [
        acks,
        timeoutMs,
        topicData.flatMap(({ name, partitionData }) =>
          partitionData.flatMap(({ index, records }) =>
            readRecords(records).map(({ key, value, timestamp, headers }) => ({
              topic: name,
              partition: index,
              key: key === null ? null : Buffer.from(key),
              value: value === null ? null : Buffer.from(value),
              timestamp: BigInt(timestamp),
              headers: new Map(headers.map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
            })),
          ),
        ),
        { transactionalId, compression: codecOf(topicData) },
      ],
    },
  }),
  exchange<typeof Fetch>({
    api: Fetch,
    requests: [
      {
        message: {
          replicaId: 5,
          maxWaitMs: 501,
          minBytes: 2,
          maxBytes: 10_485_763,
          isolationLevel: 1,
          sessionId: 77,
          sessionEpoch: 5,
          topics: [
            {
              topic: 'café',
              topicId,
              partitions: [
                {
                  partition: 4,
                  currentLeaderEpoch: 6,
                  fetchOffset: 2 ** 40 + 7,
                  lastFetchedEpoch: 8,
                  logStartOffset: 13,
                  partitionMaxBytes: 9,
                },
                { partition: 5, fetchOffset: 10, partitionMaxBytes: 1 },
              ],
            },
          ],
          forgottenTopicsData: [{ topic: 'gone', topicId, partitions: [11, 12] }],
          rackId: 'rack',
        },
      },
      {
        since: 17,
        message: {
          maxWaitMs: 0,
          minBytes: 0,
          topics: [
            {
              topicId,
              partitions: [
                { partition: 0, fetchOffset: 0, partitionMaxBytes: 1, replicaDirectoryId: leaderDirectoryId },
              ],
            },
          ],
        },
      },
      { message: { maxWaitMs: 1, minBytes: 1, topics: [] } },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 3,
          sessionId: 78,
          responses: [
            {
              topic: 'café',
              topicId,
              partitions: [
                {
                  partitionIndex: 4,
                  errorCode: 0,
                  highWatermark: 2 ** 45 + 1,
                  lastStableOffset: 2 ** 45,
                  logStartOffset: 3,
                  abortedTransactions: [{ producerId: 2 ** 34, firstOffset: 2 ** 35 }],
                  preferredReadReplica: 2,
                  records: batch(2 ** 40 + 5, 'none'),
                },
                {
                  partitionIndex: 5,
                  errorCode: 6,
                  highWatermark: -1,
                  divergingEpoch: { epoch: 5, endOffset: 2 ** 33 },
                  currentLeader: { leaderId: 9, leaderEpoch: 10 },
                  snapshotId: { endOffset: 2 ** 36, epoch: 11 },
                  records: noRecords,
                },
              ],
            },
          ],
          nodeEndpoints: [{ nodeId: 9, host: 'nine.example', port: 9092, rack: 'r' }],
        },
      },
      ...codecs.map((codec) => ({
        ...clientOf(codec),
        message: {
          responses: [
            {
              topic: 'orders',
              topicId,
              partitions: [
                { partitionIndex: 1, errorCode: 0, highWatermark: 4, records: batch(0, codec) },
                {
                  partitionIndex: 2,
                  errorCode: 0,
                  highWatermark: 4,
                  records: joined(batch(0, codec), batch(4, codec)),
                },
              ],
            },
          ],
        },
      })),
      { since: 7, message: { errorCode: 70, responses: [] } },
    ],
    kafkajs: {
      say: (request) => ({
        replicaId: request.replicaId,
        maxWaitTime: request.maxWaitMs,
        minBytes: request.minBytes,
        maxBytes: request.maxBytes,
        isolationLevel: request.isolationLevel,
        sessionId: request.sessionId,
        sessionEpoch: request.sessionEpoch,
        topics: request.topics.map(({ topic, partitions }) => ({
          topic,
          partitions: partitions.map((partition) => ({ ...partition, maxBytes: partition.partitionMaxBytes })),
        })),
        forgottenTopics: request.forgottenTopicsData,
        rackId: request.rackId,
      }),
    },
    platformatic: {
      say: (request, version) => [
        request.maxWaitMs,
        request.minBytes,
        request.maxBytes,
        request.isolationLevel,
        request.sessionId,
        request.sessionEpoch,
        request.topics.map(({ topic, topicId, partitions }) => ({
          topicId: version < 13 ? topic : hyphened(topicId),
          partitions: partitions.map((partition) => ({
            ...partition,
            fetchOffset: BigInt(partition.fetchOffset),
            replicaDirectoryId: version < 17 ? undefined : tagged(partition.replicaDirectoryId),
          })),
        })),
        request.forgottenTopicsData.map(({ topic, topicId, partitions }) => ({
          topicId: version < 13 ? topic : hyphened(topicId),
          partitions,
        })),
        request.rackId,
      ],
      said: (request) => ({
        ...request,
        replicaId: -1,
        topics: request.topics.map((topic) => ({
          ...topic,
          partitions: topic.partitions.map((partition) => ({ ...partition, logStartOffset: -1 })),
        })),
      }),
    },
  }),
]

/** kafkajs brings gzip along and no other codec. */
function clientOf(codec: CodecName): { client?: 'platformatic' } {
  return codec === 'none' || codec === 'gzip' ? {} : { client: 'platformatic' }
}

function codecOf(topicData: RequestOf<typeof Produce>['topicData']): CodecName {
  return readRecords(topicData[0]!.partitionData[0]!.records)[0]!.codec!
}

function joined(...batches: readonly Slice[]): Slice {
  return sliceOf(Buffer.concat(batches.map(({ buffer, start, end }) => buffer.subarray(start, end))))
}

/** The client sends the tag whenever it has a value. */
function tagged(uuid: string): string | undefined {
  return uuid === 'AAAAAAAAAAAAAAAAAAAAAA' ? undefined : hyphened(uuid)
}
