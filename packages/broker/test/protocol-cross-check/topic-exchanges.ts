import {
  AlterPartitionReassignments,
  CreatePartitions,
  CreateTopics,
  DeleteRecords,
  DeleteTopics,
  DescribeProducers,
  DescribeTopicPartitions,
  ListPartitionReassignments,
} from '@odradek/protocol'
import { type Exchange, exchange, hyphened } from './exchange.ts'

const topicId = 'UQG-9i0pTZaYbX2pHfq4nA'

/** What is asked about topics. kafkajs sorts answers by topic, so they are sorted here. */
export const topicExchanges: readonly Exchange[] = [
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
  exchange<typeof AlterPartitionReassignments>({
    api: AlterPartitionReassignments,
    requests: [
      {
        message: {
          timeoutMs: 30_002,
          topics: [{ name: 'orders', partitions: [{ partitionIndex: 3, replicas: [2, 1] }] }],
        },
      },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 1,
          errorCode: 0,
          errorMessage: null,
          responses: [{ name: 'orders', partitions: [{ partitionIndex: 3, errorCode: 0, errorMessage: null }] }],
        },
      },
    ],
    kafkajs: {
      say: ({ timeoutMs, topics }) => ({
        timeout: timeoutMs,
        topics: topics.map(({ name, partitions }) => ({
          topic: name,
          partitionAssignment: partitions.map(({ partitionIndex, replicas }) => ({
            partition: partitionIndex,
            replicas,
          })),
        })),
      }),
      heard: ({ throttleTimeMs, errorCode, responses }) => ({
        throttleTimeMs,
        errorCode,
        responses: responses.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex, errorCode }) => ({ partitionIndex, errorCode })),
        })),
      }),
    },
    platformatic: {
      say: ({ timeoutMs, topics }) => [timeoutMs, true, topics],
      // It has this field in every version.
      heard: (response) => ({ ...response, allowReplicationFactorChange: true }),
    },
  }),
  exchange<typeof ListPartitionReassignments>({
    api: ListPartitionReassignments,
    requests: [{ message: { timeoutMs: 30_003, topics: [{ name: 'orders', partitionIndexes: [0, 3] }] } }],
    responses: [
      {
        message: {
          throttleTimeMs: 1,
          errorCode: 0,
          errorMessage: null,
          topics: [
            {
              name: 'orders',
              partitions: [{ partitionIndex: 3, replicas: [1, 2, 3], addingReplicas: [3], removingReplicas: [1] }],
            },
          ],
        },
      },
    ],
    kafkajs: {
      say: ({ timeoutMs, topics }) => ({
        timeout: timeoutMs,
        topics: topics?.map(({ name, partitionIndexes }) => ({ topic: name, partitions: partitionIndexes })) ?? null,
      }),
      heard: ({ errorMessage: _, ...response }) => response,
    },
    platformatic: { say: ({ timeoutMs, topics }) => [timeoutMs, topics] },
  }),
]
