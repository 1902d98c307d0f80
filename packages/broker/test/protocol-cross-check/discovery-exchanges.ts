import {
  ApiVersions,
  FindCoordinator,
  InitProducerId,
  ListOffsets,
  Metadata,
  OffsetForLeaderEpoch,
} from '@odradek/protocol'
import { type Exchange, exchange, hyphened } from './exchange.ts'

const topicId = 'UQG-9i0pTZaYbX2pHfq4nA'

/** What a client asks to find its way: who serves what, and which offsets there are. */
export const discoveryExchanges: readonly Exchange[] = [
  exchange<typeof ListOffsets>({
    api: ListOffsets,
    requests: [
      {
        message: {
          replicaId: -1,
          isolationLevel: 1,
          topics: [
            {
              name: 'orders',
              partitions: [
                { partitionIndex: 1, currentLeaderEpoch: 2, timestamp: 1_700_000_000_123 },
                { partitionIndex: 3, timestamp: -2 },
              ],
            },
          ],
        },
      },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 4,
          topics: [
            {
              name: 'orders',
              partitions: [
                { partitionIndex: 1, errorCode: 0, timestamp: 1_700_000_000_124, offset: 2 ** 41, leaderEpoch: 5 },
                { partitionIndex: 3, errorCode: 74 },
              ],
            },
          ],
        },
      },
    ],
    kafkajs: {
      say: ({ replicaId, isolationLevel, topics }) => ({
        replicaId,
        isolationLevel,
        topics: topics.map(({ name, partitions }) => ({
          topic: name,
          partitions: partitions.map(({ partitionIndex, timestamp }) => ({ partition: partitionIndex, timestamp })),
        })),
      }),
    },
    platformatic: {
      say: ({ replicaId, isolationLevel, topics }) => [
        replicaId,
        isolationLevel,
        topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map((partition) => ({ ...partition, timestamp: BigInt(partition.timestamp) })),
        })),
      ],
    },
  }),
  exchange<typeof Metadata>({
    api: Metadata,
    requests: [
      {
        message: {
          topics: [{ name: 'orders' }, { name: 'naïve' }],
          allowAutoTopicCreation: false,
          includeClusterAuthorizedOperations: true,
        },
      },
      { since: 8, message: { topics: [{ name: 'orders' }], includeTopicAuthorizedOperations: true } },
      { since: 12, message: { topics: [{ topicId, name: null }] } },
      { since: 1, message: { topics: null } },
      { message: { topics: [] } },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 2,
          brokers: [
            { nodeId: 1, host: 'one.example', port: 9092, rack: 'a' },
            { nodeId: 2, host: 'two.example', port: 65_535 },
          ],
          clusterId: 'cluster',
          controllerId: 2,
          topics: [
            {
              errorCode: 0,
              name: 'orders',
              topicId,
              isInternal: true,
              partitions: [
                {
                  errorCode: 0,
                  partitionIndex: 7,
                  leaderId: 1,
                  leaderEpoch: 30,
                  replicaNodes: [1, 2],
                  isrNodes: [2],
                  offlineReplicas: [1],
                },
                { errorCode: 5, partitionIndex: 8, leaderId: -1, replicaNodes: [], isrNodes: [] },
              ],
              topicAuthorizedOperations: 0x0df8,
            },
            { errorCode: 3, name: 'unknown', partitions: [] },
          ],
          clusterAuthorizedOperations: 0x1234,
        },
      },
      {
        since: 12,
        message: { brokers: [], topics: [{ errorCode: 100, name: null, topicId, partitions: [] }], controllerId: -1 },
      },
      { message: { brokers: [], topics: [] } },
    ],
    kafkajs: {
      // Without a list, kafkajs asks for all topics; an empty list means the same to it.
      say: ({ topics, allowAutoTopicCreation }) => ({
        topics: topics?.map(({ name }) => name) ?? [],
        allowAutoTopicCreation,
      }),
      said: (request, version) =>
        version > 0 && request.topics?.length === 0 ? { ...request, topics: null } : request,
    },
    platformatic: {
      say: (request, version) => [
        request.topics?.map(({ name, topicId }) =>
          version < 12 || name !== null ? name : { topicId: hyphened(topicId) },
        ) ?? null,
        request.allowAutoTopicCreation,
        request.includeTopicAuthorizedOperations,
        request.includeClusterAuthorizedOperations,
      ],
    },
  }),
  exchange<typeof FindCoordinator>({
    api: FindCoordinator,
    requests: [
      { message: { key: 'group', keyType: 0, coordinatorKeys: ['group', 'other'] } },
      { since: 1, message: { key: 'transaction', keyType: 1, coordinatorKeys: ['transaction'] } },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 6,
          nodeId: 3,
          host: 'three.example',
          port: 9093,
          coordinators: [
            { key: 'group', nodeId: 3, host: 'three.example', port: 9093, errorCode: 0 },
            { key: 'other', nodeId: -1, host: '', port: -1, errorCode: 15, errorMessage: 'no coordinator' },
          ],
        },
      },
      { until: 3, message: { errorCode: 15, errorMessage: 'no coordinator' } },
    ],
    kafkajs: {
      say: ({ key, keyType }) => ({ groupId: key, coordinatorType: keyType }),
      heard: ({ nodeId, host, port, ...response }) => ({ ...response, coordinator: { nodeId, host, port } }),
    },
    platformatic: {
      say: ({ keyType, key, coordinatorKeys }, version) => [keyType, version < 4 ? [key] : coordinatorKeys],
      heard: ({ throttleTimeMs = 0, ...response }, version) =>
        version < 4 ? { throttleTimeMs, coordinators: [response] } : { throttleTimeMs, ...response },
    },
  }),
  exchange<typeof ApiVersions>({
    api: ApiVersions,
    requests: [{ message: { clientSoftwareName: 'cross-check', clientSoftwareVersion: '1.2.3' } }],
    responses: [
      {
        message: {
          errorCode: 0,
          apiKeys: [
            { apiKey: 0, minVersion: 0, maxVersion: 13 },
            { apiKey: 18, minVersion: 1, maxVersion: 4 },
          ],
          throttleTimeMs: 5,
          supportedFeatures: [{ name: 'transaction.version', minVersion: 1, maxVersion: 2 }],
          finalizedFeaturesEpoch: 2 ** 37,
          finalizedFeatures: [{ name: 'group.version', maxVersionLevel: 4, minVersionLevel: 3 }],
          zkMigrationReady: true,
        },
      },
      { message: { errorCode: 0, apiKeys: [] } },
    ],
    kafkajs: { say: () => ({}) },
    platformatic: {
      say: ({ clientSoftwareName, clientSoftwareVersion }) => [clientSoftwareName, clientSoftwareVersion],
    },
  }),
  exchange<typeof InitProducerId>({
    api: InitProducerId,
    requests: [
      {
        message: {
          transactionalId: 'transaction',
          transactionTimeoutMs: 60_001,
          producerId: 2 ** 38 + 1,
          producerEpoch: 12,
        },
      },
      { message: { transactionalId: null, transactionTimeoutMs: 0 } },
    ],
    responses: [
      { message: { throttleTimeMs: 1, errorCode: 0, producerId: 2 ** 39 + 1, producerEpoch: 13 } },
      { message: { errorCode: 51 } },
    ],
    kafkajs: {
      say: ({ transactionalId, transactionTimeoutMs }) => ({
        transactionalId,
        transactionTimeout: transactionTimeoutMs,
      }),
    },
    platformatic: {
      say: ({ transactionalId, transactionTimeoutMs, producerId, producerEpoch }) => [
        transactionalId,
        transactionTimeoutMs,
        BigInt(producerId),
        producerEpoch,
      ],
    },
  }),
  exchange<typeof OffsetForLeaderEpoch>({
    api: OffsetForLeaderEpoch,
    requests: [
      {
        message: {
          replicaId: -1,
          topics: [{ topic: 'orders', partitions: [{ partition: 1, currentLeaderEpoch: 2, leaderEpoch: 3 }] }],
        },
      },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 4,
          topics: [
            {
              topic: 'orders',
              partitions: [
                { errorCode: 0, partition: 1, leaderEpoch: 3, endOffset: 2 ** 42 },
                { errorCode: 75, partition: 2 },
              ],
            },
          ],
        },
      },
    ],
    platformatic: {
      say: ({ replicaId, topics }) => [
        replicaId,
        topics.map(({ topic, partitions }) => ({
          name: topic,
          partitions: partitions.map(({ partition, ...epochs }) => ({ partitionIndex: partition, ...epochs })),
        })),
      ],
    },
  }),
]
