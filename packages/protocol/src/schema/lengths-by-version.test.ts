/**
 * How many bytes each version of a message takes when every array has one element, every string and byte array one
 * byte, nothing is null and no tagged field is sent. The numbers come from Kafka's own message definitions, so a field
 * that starts or ends in the wrong version shows, which writing and reading back cannot see.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ZERO_UUID } from '../bytes/reader.ts'
import { sliceOf } from '../bytes/slice.ts'
import { Writer } from '../bytes/writer.ts'
import { apiList } from '../messages/index.ts'
import type { AnyField, Shape } from './fields.ts'
import type { Message } from './message.ts'

interface Lengths {
  /** The version of the first numbers. */
  readonly from: number
  readonly request: readonly number[]
  readonly response: readonly number[]
}

// biome-ignore format: one API a line
const expected: { readonly [api: string]: Lengths } = {
  Produce: { from: 3, request: [29, 29, 29, 29, 29, 29, 21, 21, 21, 21, 35], response: [37, 37, 45, 45, 45, 59, 51, 51, 51, 51, 65] },
  Fetch: { from: 4, request: [44, 52, 52, 75, 75, 79, 79, 82, 75, 103, 103, 99, 99, 99, 99], response: [62, 70, 70, 76, 76, 76, 76, 80, 71, 85, 85, 85, 85, 85, 85] },
  ListOffsets: { from: 1, request: [27, 28, 28, 32, 32, 28, 28, 28, 28, 32, 32], response: [33, 37, 37, 41, 41, 37, 37, 37, 37, 37, 37] },
  Metadata: { from: 0, request: [7, 7, 7, 7, 8, 8, 8, 8, 10, 8, 24, 23, 23, 23], response: [54, 62, 65, 69, 69, 77, 77, 81, 89, 71, 87, 83, 83, 85] },
  OffsetCommit: { from: 2, request: [44, 44, 44, 36, 40, 43, 35, 35], response: [17, 21, 21, 21, 21, 21, 17, 17] },
  OffsetFetch: { from: 1, request: [18, 18, 18, 18, 18, 12, 13, 15, 21], response: [28, 30, 34, 34, 38, 33, 33, 37, 37] },
  FindCoordinator: { from: 0, request: [3, 4, 4, 4, 5, 5, 5], response: [13, 20, 20, 19, 23, 23, 23] },
  JoinGroup: { from: 0, request: [25, 29, 29, 29, 29, 32, 23, 23, 25, 25], response: [27, 27, 31, 31, 31, 34, 25, 27, 27, 28] },
  Heartbeat: { from: 0, request: [10, 10, 10, 13, 11], response: [2, 6, 6, 6, 7] },
  LeaveGroup: { from: 0, request: [6, 6, 6, 13, 9, 11], response: [2, 6, 6, 18, 15, 15] },
  SyncGroup: { from: 0, request: [22, 22, 22, 25, 17, 21], response: [7, 11, 11, 11, 9, 13] },
  DescribeGroups: { from: 0, request: [7, 7, 7, 8, 8, 5], response: [41, 45, 45, 49, 52, 35] },
  ListGroups: { from: 0, request: [0, 0, 0, 1, 4, 7], response: [12, 16, 16, 13, 15, 17] },
  SaslHandshake: { from: 0, request: [3, 3], response: [9, 9] },
  ApiVersions: { from: 0, request: [0, 0, 0, 5, 5], response: [12, 16, 16, 15, 15] },
  CreateTopics: { from: 2, request: [44, 44, 44, 33, 33, 33], response: [16, 16, 16, 28, 28, 44] },
  DeleteTopics: { from: 1, request: [11, 11, 11, 8, 8, 25], response: [13, 13, 13, 11, 13, 29] },
  DeleteRecords: { from: 0, request: [27, 27, 23], response: [29, 29, 25] },
  InitProducerId: { from: 0, request: [7, 7, 7, 17, 17, 17], response: [16, 16, 17, 17, 17, 17] },
  OffsetForLeaderEpoch: { from: 2, request: [23, 27, 23], response: [33, 33, 29] },
  AddPartitionsToTxn: { from: 0, request: [28, 28, 28, 22, 25, 25], response: [21, 21, 21, 17, 23, 23] },
  AddOffsetsToTxn: { from: 0, request: [16, 16, 16, 15, 15], response: [6, 6, 6, 7, 7] },
  EndTxn: { from: 0, request: [14, 14, 14, 14, 14, 14], response: [6, 6, 6, 7, 7, 17] },
  WriteTxnMarkers: { from: 1, request: [27], response: [23] },
  TxnOffsetCommit: { from: 0, request: [42, 42, 46, 47, 47], response: [21, 21, 21, 17, 17] },
  DescribeAcls: { from: 1, request: [13, 11, 11], response: [30, 23, 23] },
  CreateAcls: { from: 1, request: [17, 13, 13], response: [13, 11, 11] },
  DeleteAcls: { from: 1, request: [17, 13, 13], response: [35, 27, 27] },
  DescribeConfigs: { from: 1, request: [16, 16, 17, 11], response: [41, 41, 45, 33] },
  AlterConfigs: { from: 0, request: [19, 19, 13], response: [17, 17, 14] },
  AlterReplicaLogDirs: { from: 1, request: [22, 14], response: [21, 17] },
  DescribeLogDirs: { from: 1, request: [15, 10, 10, 10], response: [45, 38, 40, 56] },
  SaslAuthenticate: { from: 0, request: [5, 5, 3], response: [10, 18, 15] },
  CreatePartitions: { from: 0, request: [28, 28, 21, 21], response: [16, 16, 13, 13] },
  CreateDelegationToken: { from: 1, request: [18, 15, 19], response: [44, 39, 43] },
  RenewDelegationToken: { from: 1, request: [13, 11], response: [14, 15] },
  ExpireDelegationToken: { from: 1, request: [13, 11], response: [14, 15] },
  DescribeDelegationToken: { from: 1, request: [10, 7, 7], response: [58, 47, 51] },
  DeleteGroups: { from: 0, request: [7, 7, 4], response: [13, 13, 11] },
  ElectLeaders: { from: 0, request: [19, 20, 15], response: [24, 26, 21] },
  IncrementalAlterConfigs: { from: 0, request: [20, 14], response: [17, 14] },
  AlterPartitionReassignments: { from: 0, request: [20], response: [23] },
  ListPartitionReassignments: { from: 0, request: [14], response: [34] },
  OffsetDelete: { from: 0, request: [18], response: [23] },
  DescribeClientQuotas: { from: 0, request: [12, 9], response: [38, 29] },
  AlterClientQuotas: { from: 0, request: [31, 23], response: [23, 17] },
  DescribeUserScramCredentials: { from: 0, request: [5], response: [24] },
  AlterUserScramCredentials: { from: 0, request: [19], response: [13] },
  DescribeQuorum: { from: 0, request: [11, 11, 11], response: [59, 91, 141] },
  UpdateFeatures: { from: 0, request: [12, 13, 13], response: [17, 17, 9] },
  DescribeCluster: { from: 0, request: [2, 3], response: [33, 34] },
  DescribeProducers: { from: 0, request: [10], response: [57] },
  UnregisterBroker: { from: 0, request: [5], response: [9] },
  DescribeTransactions: { from: 0, request: [4], response: [44] },
  ListTransactions: { from: 0, request: [13, 21], response: [24, 24] },
  ConsumerGroupHeartbeat: { from: 0, request: [45, 47], response: [44, 44] },
  ConsumerGroupDescribe: { from: 0, request: [5], response: [102] },
  GetTelemetrySubscriptions: { from: 0, request: [17], response: [41] },
  PushTelemetry: { from: 0, request: [25], response: [7] },
  DescribeTopicPartitions: { from: 0, request: [17], response: [81] },
}

for (const api of apiList) {
  const lengths = expected[api.name]
  if (lengths === undefined) continue
  test(`${api.name} has the fields of each version`, () => {
    assert.equal(api.versions[0], lengths.from)
    for (const [message, numbers] of [
      [api.request, lengths.request],
      [api.response, lengths.response],
    ] as [Message<Shape>, number[]][]) {
      const lastVersion = Math.min(api.versions[1], lengths.from + numbers.length - 1)
      const actual = []
      for (let version = lengths.from; version <= lastVersion; version++) {
        const writer = new Writer()
        message.encode(writer, smallest(message.fields), version)
        actual.push(writer.length)
      }
      assert.deepEqual(actual, numbers.slice(0, actual.length), message.name)
    }
  })
}

test('the numbers are compared with most APIs that are served', () => {
  const compared = apiList.filter((api) => api.name in expected)
  assert.ok(compared.length > apiList.length / 2)
})

/** One of everything; tagged fields are left out. */
function smallest(shape: Shape): Record<string, unknown> {
  const plain = Object.entries(shape).filter(([, field]) => field.options.tag === undefined)
  return Object.fromEntries(plain.map(([name, field]) => [name, one(field)]))
}

function one(field: AnyField): unknown {
  switch (field.kind) {
    case 'boolean':
      return false
    case 'string':
      return 't'
    case 'bytes':
      return Buffer.alloc(1)
    case 'records':
      return sliceOf(Buffer.alloc(1))
    case 'uuid':
      return ZERO_UUID
    case 'array':
      return [one(field.element!)]
    case 'struct':
      return smallest(field.shape!)
    default:
      return 0
  }
}
