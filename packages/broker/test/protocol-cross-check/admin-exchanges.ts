import {
  AlterConfigs,
  DescribeCluster,
  DescribeConfigs,
  DescribeLogDirs,
  IncrementalAlterConfigs,
  ListConfigResources,
  UnregisterBroker,
} from '@odradek/protocol'
import { type Exchange, exchange } from './exchange.ts'

/** What is asked about configs, brokers and their disks. */
export const adminExchanges: readonly Exchange[] = [
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
  exchange<typeof UnregisterBroker>({
    api: UnregisterBroker,
    requests: [{ message: { brokerId: 3 } }],
    responses: [
      { message: { throttleTimeMs: 5, errorCode: 0, errorMessage: null } },
      { message: { errorCode: 102, errorMessage: 'who?' } },
    ],
    platformatic: { say: ({ brokerId }) => [brokerId] },
  }),
]
