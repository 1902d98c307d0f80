/**
 * What is advertised is what a Kafka 4.2 broker advertises: clients choose features by these ranges, and librdkafka 2.0
 * by their lower ends too. Source: https://kafka.apache.org/protocol, and the release tables of franz-go's kversion.
 */
import { deepStrictEqual, equal } from 'node:assert/strict'
import { it } from 'node:test'
import { apiList, apis } from './index.ts'

/** Key, name, advertised versions, first flexible version. */
const advertised: readonly [key: number, name: string, first: number, last: number, flexible: number | null][] = [
  [0, 'Produce', 0, 13, 9],
  [1, 'Fetch', 4, 18, 12],
  [2, 'ListOffsets', 1, 11, 6],
  [3, 'Metadata', 0, 13, 9],
  [8, 'OffsetCommit', 2, 10, 8],
  [9, 'OffsetFetch', 1, 10, 6],
  [10, 'FindCoordinator', 0, 6, 3],
  [11, 'JoinGroup', 0, 9, 6],
  [12, 'Heartbeat', 0, 4, 4],
  [13, 'LeaveGroup', 0, 5, 4],
  [14, 'SyncGroup', 0, 5, 4],
  [15, 'DescribeGroups', 0, 6, 5],
  [16, 'ListGroups', 0, 5, 3],
  [18, 'ApiVersions', 0, 4, 3],
  [19, 'CreateTopics', 2, 7, 5],
  [20, 'DeleteTopics', 1, 6, 4],
  [21, 'DeleteRecords', 0, 2, 2],
  [22, 'InitProducerId', 0, 5, 2],
  [23, 'OffsetForLeaderEpoch', 2, 4, 4],
  [32, 'DescribeConfigs', 1, 4, 4],
  [33, 'AlterConfigs', 0, 2, 2],
  [35, 'DescribeLogDirs', 1, 4, 2],
  [37, 'CreatePartitions', 0, 3, 2],
  [42, 'DeleteGroups', 0, 2, 2],
  [43, 'ElectLeaders', 0, 2, 2],
  [44, 'IncrementalAlterConfigs', 0, 1, 1],
  [45, 'AlterPartitionReassignments', 0, 1, 0],
  [46, 'ListPartitionReassignments', 0, 0, 0],
  [47, 'OffsetDelete', 0, 0, null],
  [60, 'DescribeCluster', 0, 2, 0],
  [61, 'DescribeProducers', 0, 0, 0],
  [64, 'UnregisterBroker', 0, 0, 0],
  [74, 'ListConfigResources', 0, 1, 0],
  [75, 'DescribeTopicPartitions', 0, 0, 0],
]

it('keys, versions and flexible versions are those of Kafka 4.2, sorted by key', () => {
  deepStrictEqual(
    apiList.map(({ key, name, advertisedFrom, versions, request }) => [
      key,
      name,
      advertisedFrom,
      versions[1],
      request.flexible,
    ]),
    advertised,
  )
})

it('request and response have the versions of their API', () => {
  for (const { versions, request, response } of apiList) {
    deepStrictEqual([request.versions, response.versions], [versions, versions])
    equal(response.flexible, request.flexible)
  }
})

it('an API is found by its key', () => {
  equal(apis.size, apiList.length)
  for (const api of apiList) equal(apis.get(api.key), api)
})
