import {
  AlterConfigs,
  CreatePartitions,
  CreateTopics,
  DeleteRecords,
  DeleteTopics,
  DescribeCluster,
  DescribeConfigs,
  DescribeLogDirs,
  DescribeProducers,
  DescribeTopicPartitions,
  IncrementalAlterConfigs,
  ListConfigResources,
} from '@odradek/protocol'
import { type Exchange, exchange, hyphened } from './exchange.ts'

const topicId = 'UQG-9i0pTZaYbX2pHfq4nA'

/** What tools and admin clients ask. kafkajs sorts answers by topic, so they are sorted here. */
export const adminExchanges: readonly Exchange[] = [
  exchange<typeof CreateTopics>({
    api: CreateTopics,
    requests: [
      {
        message: {
          topics: [
            {
              name: 'orders',
              numPartitions: -1,
              replicationFactor: -1,
              assignments: [
                { partitionIndex: 0, brokerIds: [1, 2] },
                { partitionIndex: 1, brokerIds: [] },
              ],
              configs: [
                { name: 'retention.ms', value: '1000' },
                { name: 'cleanup.policy', value: null },
              ],
            },
            { name: 'plain', numPartitions: 3, replicationFactor: 2, assignments: [], configs: [] },
          ],
          timeoutMs: 30_001,
          validateOnly: true,
        },
      },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 1,
          topics: [
            {
              name: 'orders',
              topicId,
              errorCode: 0,
              numPartitions: 3,
              replicationFactor: 2,
              configs: [
                { name: 'retention.ms', value: '1000', readOnly: true, configSource: 1, isSensitive: false },
                { name: 'secret', value: null, configSource: 5, isSensitive: true },
              ],
            },
            { name: 'taken', errorCode: 36, errorMessage: 'taken already', topicConfigErrorCode: 29 },
          ],
        },
      },
    ],
    kafkajs: {
      say: ({ topics, timeoutMs, validateOnly }) => ({
        topics: topics.map(({ name, numPartitions, replicationFactor, assignments, configs }) => ({
          topic: name,
          numPartitions,
          replicationFactor,
          replicaAssignment: assignments.map(({ partitionIndex, brokerIds }) => ({
            partition: partitionIndex,
            replicas: brokerIds,
          })),
          configEntries: configs,
        })),
        timeout: timeoutMs,
        validateOnly,
      }),
    },
    platformatic: { say: ({ topics, timeoutMs, validateOnly }) => [topics, timeoutMs, validateOnly] },
  }),
  exchange<typeof DeleteTopics>({
    api: DeleteTopics,
    requests: [
      { message: { topicNames: ['orders', 'other'], topics: [{ name: 'orders' }, { topicId }], timeoutMs: 5_001 } },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 2,
          responses: [
            { name: 'orders', topicId, errorCode: 0 },
            { name: 'other', errorCode: 3, errorMessage: 'no such topic' },
          ],
        },
      },
      { since: 6, message: { responses: [{ name: null, topicId, errorCode: 100 }] } },
    ],
    kafkajs: { say: ({ topicNames, timeoutMs }) => ({ topics: topicNames, timeout: timeoutMs }) },
    platformatic: {
      say: ({ topics, topicNames, timeoutMs }, version) => [
        version < 6
          ? topicNames.map((name) => ({ name }))
          : topics.map(({ name, topicId }) => ({ name, topicId: hyphened(topicId) })),
        timeoutMs,
      ],
    },
  }),
  exchange<typeof DeleteRecords>({
    api: DeleteRecords,
    requests: [
      {
        message: {
          topics: [
            {
              name: 'orders',
              partitions: [
                { partitionIndex: 1, offset: 2 ** 43 + 1 },
                { partitionIndex: 2, offset: -1 },
              ],
            },
          ],
          timeoutMs: 6_001,
        },
      },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 3,
          topics: [
            {
              name: 'orders',
              partitions: [
                { partitionIndex: 1, lowWatermark: 2 ** 43 + 1, errorCode: 0 },
                { partitionIndex: 2, errorCode: 1 },
              ],
            },
          ],
        },
      },
    ],
    kafkajs: {
      say: ({ topics, timeoutMs }) => ({
        topics: topics.map(({ name, partitions }) => ({
          topic: name,
          partitions: partitions.map(({ partitionIndex, offset }) => ({ partition: partitionIndex, offset })),
        })),
        timeout: timeoutMs,
      }),
    },
    platformatic: {
      say: ({ topics, timeoutMs }) => [
        topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex, offset }) => ({ partitionIndex, offset: BigInt(offset) })),
        })),
        timeoutMs,
      ],
    },
  }),
  exchange<typeof DescribeConfigs>({
    api: DescribeConfigs,
    requests: [
      {
        message: {
          resources: [
            { resourceType: 2, resourceName: 'orders', configurationKeys: ['retention.ms', 'cleanup.policy'] },
            { resourceType: 4, resourceName: '', configurationKeys: ['log.dirs'] },
          ],
          includeSynonyms: true,
          includeDocumentation: true,
        },
      },
      { message: { resources: [{ resourceType: 2, resourceName: 'orders', configurationKeys: null }] } },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 4,
          results: [
            {
              errorCode: 0,
              resourceType: 2,
              resourceName: 'orders',
              configs: [
                {
                  name: 'retention.ms',
                  value: '1000',
                  readOnly: true,
                  configSource: 1,
                  isSensitive: true,
                  synonyms: [
                    { name: 'retention.ms', value: '1000', source: 1 },
                    { name: 'log.retention.ms', value: null, source: 5 },
                  ],
                  configType: 5,
                  documentation: 'How long.',
                },
                { name: 'secret', value: null },
              ],
            },
            { errorCode: 3, errorMessage: 'no such topic', resourceType: 2, resourceName: 'other' },
          ],
        },
      },
    ],
    kafkajs: {
      // Left out, the keys are an empty list; null is told apart from it.
      say: ({ resources, includeSynonyms }) => ({
        resources: resources.map(({ resourceType, resourceName, configurationKeys }) => ({
          type: resourceType,
          name: resourceName,
          configNames: configurationKeys ?? [],
        })),
        includeSynonyms,
      }),
    },
    platformatic: {
      say: ({ resources, includeSynonyms, includeDocumentation }) => [resources, includeSynonyms, includeDocumentation],
    },
  }),
  exchange<typeof AlterConfigs>({
    api: AlterConfigs,
    requests: [
      {
        message: {
          resources: [
            {
              resourceType: 2,
              resourceName: 'orders',
              configs: [
                { name: 'retention.ms', value: '1000' },
                { name: 'cleanup.policy', value: null },
              ],
            },
          ],
          validateOnly: true,
        },
      },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 5,
          responses: [
            { errorCode: 0, resourceType: 2, resourceName: 'orders' },
            { errorCode: 40, errorMessage: 'not a number', resourceType: 4, resourceName: '1' },
          ],
        },
      },
    ],
    kafkajs: {
      say: ({ resources, validateOnly }) => ({
        resources: resources.map(({ resourceType, resourceName, configs }) => ({
          type: resourceType,
          name: resourceName,
          configEntries: configs,
        })),
        validateOnly,
      }),
    },
    platformatic: { say: ({ resources, validateOnly }) => [resources, validateOnly] },
  }),
  exchange<typeof IncrementalAlterConfigs>({
    api: IncrementalAlterConfigs,
    requests: [
      {
        message: {
          resources: [
            {
              resourceType: 32,
              resourceName: 'group',
              configs: [
                { name: 'consumer.session.timeout.ms', configOperation: 2, value: '1' },
                { name: 'consumer.heartbeat.interval.ms', configOperation: 1, value: null },
              ],
            },
          ],
          validateOnly: true,
        },
      },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 6,
          responses: [
            { errorCode: 0, resourceType: 32, resourceName: 'group' },
            { errorCode: 40, errorMessage: 'not a number', resourceType: 4, resourceName: '1' },
          ],
        },
      },
    ],
    platformatic: { say: ({ resources, validateOnly }) => [resources, validateOnly] },
  }),
  exchange<typeof CreatePartitions>({
    api: CreatePartitions,
    requests: [
      {
        message: {
          topics: [{ name: 'orders', count: 6, assignments: [{ brokerIds: [1, 2] }, { brokerIds: [3] }] }],
          timeoutMs: 7_001,
          validateOnly: true,
        },
      },
      { message: { topics: [{ name: 'orders', count: 6, assignments: null }], timeoutMs: 0 } },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 7,
          results: [
            { name: 'orders', errorCode: 0 },
            { name: 'other', errorCode: 37, errorMessage: 'too few' },
          ],
        },
      },
    ],
    kafkajs: {
      // kafkajs writes an empty list as null.
      say: ({ topics, timeoutMs, validateOnly }) => ({
        topicPartitions: topics.map(({ name, count, assignments }) => ({
          topic: name,
          count,
          assignments: (assignments ?? []).map(({ brokerIds }) => brokerIds),
        })),
        timeout: timeoutMs,
        validateOnly,
      }),
    },
    platformatic: { say: ({ topics, timeoutMs, validateOnly }) => [topics, timeoutMs, validateOnly] },
  }),
  exchange<typeof DescribeLogDirs>({
    api: DescribeLogDirs,
    requests: [{ message: { topics: [{ topic: 'orders', partitions: [2, 0] }] } }, { message: { topics: null } }],
    responses: [
      {
        message: {
          throttleTimeMs: 8,
          errorCode: 31,
          results: [
            {
              errorCode: 56,
              logDir: '/data',
              topics: [
                {
                  name: 'orders',
                  partitions: [
                    { partitionIndex: 2, partitionSize: 2 ** 44 + 1, offsetLag: 2 ** 34 + 1, isFutureKey: true },
                    { partitionIndex: 0, partitionSize: 0, offsetLag: 0 },
                  ],
                },
              ],
              totalBytes: 2 ** 46 + 1,
              usableBytes: 2 ** 45 + 1,
            },
          ],
        },
      },
    ],
    platformatic: {
      say: ({ topics }) => [topics?.map(({ topic, partitions }) => ({ name: topic, partitions })) ?? null],
    },
  }),
  exchange<typeof DescribeCluster>({
    api: DescribeCluster,
    requests: [
      { message: { includeClusterAuthorizedOperations: true, endpointType: 2 } },
      { message: { includeClusterAuthorizedOperations: false } },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 9,
          errorCode: 114,
          errorMessage: 'not here',
          endpointType: 2,
          clusterId: 'cluster',
          controllerId: 3,
          brokers: [
            { brokerId: 3, host: 'three.example', port: 9092, rack: 'a' },
            { brokerId: 4, host: 'four.example', port: 9093 },
          ],
          clusterAuthorizedOperations: 0x1234,
        },
      },
      { message: { errorCode: 0, clusterId: 'cluster', brokers: [] } },
    ],
    platformatic: {
      say: ({ includeClusterAuthorizedOperations, endpointType }) => [includeClusterAuthorizedOperations, endpointType],
    },
  }),
  exchange<typeof DescribeTopicPartitions>({
    api: DescribeTopicPartitions,
    requests: [
      {
        message: {
          topics: [{ name: 'orders' }, { name: 'other' }],
          responsePartitionLimit: 17,
          cursor: { topicName: 'orders', partitionIndex: 5 },
        },
      },
      { message: { topics: [] } },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 10,
          topics: [
            {
              errorCode: 0,
              name: 'orders',
              topicId,
              isInternal: true,
              partitions: [
                {
                  errorCode: 72,
                  partitionIndex: 5,
                  leaderId: 1,
                  leaderEpoch: 6,
                  replicaNodes: [1, 2, 3],
                  isrNodes: [1, 2],
                  eligibleLeaderReplicas: [3],
                  lastKnownElr: [],
                  offlineReplicas: [4],
                },
                { errorCode: 0, partitionIndex: 6, leaderId: 1, replicaNodes: [], isrNodes: [] },
              ],
              topicAuthorizedOperations: 0x0df8,
            },
            { errorCode: 100, name: null },
          ],
          nextCursor: { topicName: 'other', partitionIndex: 7 },
        },
      },
      { message: { topics: [] } },
    ],
    platformatic: {
      say: ({ topics, responsePartitionLimit, cursor }) => [topics, responsePartitionLimit, cursor],
    },
  }),
  exchange<typeof DescribeProducers>({
    api: DescribeProducers,
    requests: [{ message: { topics: [{ name: 'orders', partitionIndexes: [4, 2] }] } }],
    responses: [
      {
        message: {
          throttleTimeMs: 11,
          topics: [
            {
              name: 'orders',
              partitions: [
                {
                  partitionIndex: 4,
                  errorCode: 0,
                  activeProducers: [
                    {
                      producerId: 2 ** 40 + 1,
                      producerEpoch: 40_000,
                      lastSequence: 5,
                      lastTimestamp: 1_700_000_000_001,
                      coordinatorEpoch: 6,
                      currentTxnStartOffset: 2 ** 41 + 1,
                    },
                  ],
                },
                { partitionIndex: 2, errorCode: 6, errorMessage: 'not the leader' },
              ],
            },
          ],
        },
      },
    ],
    platformatic: { say: ({ topics }) => [topics] },
  }),
  exchange<typeof ListConfigResources>({
    api: ListConfigResources,
    requests: [{ message: { resourceTypes: [2, 4, 16] } }, { message: {} }],
    responses: [
      {
        message: {
          throttleTimeMs: 12,
          errorCode: 31,
          configResources: [{ resourceName: 'orders', resourceType: 2 }, { resourceName: 'metrics' }],
        },
      },
    ],
    platformatic: { say: ({ resourceTypes }) => [resourceTypes] },
  }),
]
