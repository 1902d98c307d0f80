/**
 * Messages byte by byte, worked out by hand from Kafka's protocol guide and KIP-482: classic and flexible versions, nulls,
 * tags, and the newest versions, which few clients speak.
 *
 * Flexible: lengths are unsigned varints of length + 1 (0 is null), and every struct ends with its tags (`00`: none).
 */
import { deepStrictEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Reader } from '../bytes/reader.ts'
import { sliceOf } from '../bytes/slice.ts'
import { Writer } from '../bytes/writer.ts'
import type { Encodable, Shape } from '../schema/fields.ts'
import type { Message } from '../schema/message.ts'
import {
  ApiVersions,
  CreateTopics,
  DescribeCluster,
  DescribeGroups,
  DescribeTopicPartitions,
  Fetch,
  JoinGroup,
  LeaveGroup,
  ListOffsets,
  Metadata,
  OffsetCommit,
  OffsetFetch,
  Produce,
  SyncGroup,
} from './index.ts'

/** The UUID with the bytes 00 to 0f. */
const topicId = 'AAECAwQFBgcICQoLDA0ODw'
const topicIdHex = '000102030405060708090a0b0c0d0e0f'

describe('classic versions', () => {
  it('OffsetFetch v2 request: all topics are null', () => {
    both(
      OffsetFetch.request,
      2,
      { groupId: 'g1', topics: null },
      `0002 'g1'  # groupId
       ffffffff   # topics: null`,
    )
  })

  it('JoinGroup v0 request: no rebalance timeout', () => {
    both(
      JoinGroup.request,
      0,
      {
        groupId: 'g1',
        sessionTimeoutMs: 30_000,
        memberId: '',
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.from([1, 2, 3]) }],
      },
      `0002 'g1'          # groupId
       00007530           # sessionTimeoutMs
       0000               # memberId: empty
       0008 'consumer'    # protocolType
       00000001           # protocols: 1
         0005 'range'       # name
         00000003 010203    # metadata`,
    )
  })

  it('JoinGroup v5 response: members with and without an instance id', () => {
    both(
      JoinGroup.response,
      5,
      {
        errorCode: 0,
        generationId: 7,
        protocolName: 'range',
        leader: 'm1',
        memberId: 'm1',
        members: [
          { memberId: 'm1', groupInstanceId: 'i1', metadata: Buffer.from([9]) },
          { memberId: 'm2', metadata: Buffer.alloc(0) },
        ],
      },
      `00000000        # throttleTimeMs
       0000            # errorCode
       00000007        # generationId
       0005 'range'    # protocolName
       0002 'm1'       # leader
       0002 'm1'       # memberId
       00000002        # members: 2
         0002 'm1'       # memberId
         0002 'i1'       # groupInstanceId
         00000001 09     # metadata
         0002 'm2'       # memberId
         ffff            # groupInstanceId: null
         00000000        # metadata: empty`,
    )
  })

  it('SyncGroup v3 request', () => {
    both(
      SyncGroup.request,
      3,
      {
        groupId: 'g1',
        generationId: -1,
        memberId: 'm1',
        groupInstanceId: null,
        assignments: [{ memberId: 'm1', assignment: Buffer.from([0xff]) }],
      },
      `0002 'g1'       # groupId
       ffffffff        # generationId
       0002 'm1'       # memberId
       ffff            # groupInstanceId: null
       00000001        # assignments: 1
         0002 'm1'       # memberId
         00000001 ff     # assignment`,
    )
  })

  it('LeaveGroup v2 names one member, v3 a list', () => {
    both(LeaveGroup.request, 2, { groupId: 'g1', memberId: 'm1' }, `0002 'g1' 0002 'm1'`)
    both(
      LeaveGroup.request,
      3,
      { groupId: 'g1', members: [{ memberId: '', groupInstanceId: 'i1' }] },
      `0002 'g1'       # groupId
       00000001        # members: 1
         0000            # memberId: empty
         0002 'i1'       # groupInstanceId`,
    )
  })

  it('ListOffsets v1 response: no throttle time, no leader epoch', () => {
    both(
      ListOffsets.response,
      1,
      { topics: [{ name: 't', partitions: [{ partitionIndex: 3, errorCode: 0, timestamp: -1, offset: 2 ** 32 }] }] },
      `00000001              # topics: 1
         0001 't'              # name
         00000001              # partitions: 1
           00000003              # partitionIndex
           0000                  # errorCode
           ffffffffffffffff      # timestamp
           0000000100000000      # offset`,
    )
  })
})

describe('flexible versions', () => {
  it('OffsetCommit v10 request: topic ids', () => {
    both(
      OffsetCommit.request,
      10,
      {
        groupId: 'g1',
        generationIdOrMemberEpoch: 5,
        memberId: 'm1',
        groupInstanceId: null,
        topics: [
          {
            topicId,
            partitions: [
              { partitionIndex: 1, committedOffset: 258, committedLeaderEpoch: 4, committedMetadata: '' },
              { partitionIndex: 2, committedOffset: 0, committedMetadata: null },
            ],
          },
        ],
      },
      `03 'g1'                # groupId
       00000005               # generationIdOrMemberEpoch
       03 'm1'                # memberId
       00                     # groupInstanceId: null
       02                     # topics: 1
         ${topicIdHex}          # topicId
         03                     # partitions: 2
           00000001               # partitionIndex
           0000000000000102       # committedOffset
           00000004               # committedLeaderEpoch
           01                     # committedMetadata: empty
           00                     # tags
           00000002 0000000000000000 ffffffff
           00                     # committedMetadata: null
           00                     # tags
         00                     # tags
       00                     # tags`,
    )
  })

  it('OffsetFetch v10 response: groups, topic ids, errors at three places', () => {
    both(
      OffsetFetch.response,
      10,
      {
        throttleTimeMs: 1,
        groups: [
          {
            groupId: 'g1',
            topics: [
              {
                topicId,
                partitions: [{ partitionIndex: 0, committedOffset: -1, metadata: '', errorCode: 100 }],
              },
            ],
            errorCode: 0,
          },
          { groupId: 'g2', topics: [], errorCode: 113 },
        ],
      },
      `00000001                 # throttleTimeMs
       03                       # groups: 2
         03 'g1'                  # groupId
         02                       # topics: 1
           ${topicIdHex}            # topicId
           02                       # partitions: 1
             00000000                 # partitionIndex
             ffffffffffffffff         # committedOffset
             ffffffff                 # committedLeaderEpoch
             01                       # metadata: empty
             0064                     # errorCode
             00                       # tags
           00                       # tags
         0000                     # errorCode
         00                       # tags
         03 'g2' 01 0071 00       # groupId, topics: none, errorCode, tags
       00                       # tags`,
    )
  })

  it('JoinGroup v9 request', () => {
    both(
      JoinGroup.request,
      9,
      {
        groupId: 'g1',
        sessionTimeoutMs: 1,
        rebalanceTimeoutMs: 2,
        memberId: '',
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.alloc(127, 7) }],
        reason: 'why',
      },
      `03 'g1'              # groupId
       00000001             # sessionTimeoutMs
       00000002             # rebalanceTimeoutMs
       01                   # memberId: empty
       00                   # groupInstanceId: null
       09 'consumer'        # protocolType
       02                   # protocols: 1
         06 'range'           # name
         8001 ${'07'.repeat(127)}  # metadata: 127 bytes, so 128 = 00 + 1 << 7
         00                   # tags
       04 'why'             # reason
       00                   # tags`,
    )
  })

  it('DescribeGroups v6 response: an error message before the group id', () => {
    both(
      DescribeGroups.response,
      6,
      {
        groups: [
          {
            errorCode: 69,
            errorMessage: 'gone',
            groupId: 'g1',
            groupState: 'Dead',
            protocolType: '',
            protocolData: '',
            members: [],
          },
        ],
      },
      `00000000       # throttleTimeMs
       02             # groups: 1
         0045           # errorCode
         05 'gone'      # errorMessage
         03 'g1'        # groupId
         05 'Dead'      # groupState
         01             # protocolType: empty
         01             # protocolData: empty
         01             # members: none
         80000000       # authorizedOperations: not asked for
         00             # tags
       00             # tags`,
    )
  })

  it('CreateTopics v5 response: the error of the configs is a tag', () => {
    both(
      CreateTopics.response,
      5,
      {
        topics: [
          { name: 't', errorCode: 0, topicConfigErrorCode: 29, numPartitions: 1, replicationFactor: 2, configs: null },
          { name: 'u', errorCode: 36, errorMessage: 'taken' },
        ],
      },
      `00000000       # throttleTimeMs
       03             # topics: 2
         02 't'         # name
         0000           # errorCode
         00             # errorMessage: null
         00000001       # numPartitions
         0002           # replicationFactor
         00             # configs: null
         01             # tags: 1
           00 02 001d     # tag 0, 2 bytes: topicConfigErrorCode
         02 'u' 0024 06 'taken' ffffffff ffff 01 00
       00             # tags`,
    )
  })

  it('DescribeCluster v2: fenced brokers', () => {
    both(
      DescribeCluster.request,
      2,
      { includeClusterAuthorizedOperations: true, endpointType: 1, includeFencedBrokers: true },
      `01 01 01 00     # includeClusterAuthorizedOperations, endpointType, includeFencedBrokers, tags`,
    )
    both(
      DescribeCluster.response,
      2,
      {
        errorCode: 0,
        clusterId: 'c',
        controllerId: 1,
        brokers: [{ brokerId: 1, host: 'h', port: 9092, rack: null, isFenced: true }],
      },
      `00000000       # throttleTimeMs
       0000           # errorCode
       00             # errorMessage: null
       01             # endpointType
       02 'c'         # clusterId
       00000001       # controllerId
       02             # brokers: 1
         00000001       # brokerId
         02 'h'         # host
         00002384       # port
         00             # rack: null
         01             # isFenced
         00             # tags
       80000000       # clusterAuthorizedOperations: not asked for
       00             # tags`,
    )
  })

  it('ApiVersions v3 response: features as tags, those at their defaults left out', () => {
    both(
      ApiVersions.response,
      3,
      {
        errorCode: 0,
        apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
        supportedFeatures: [{ name: 'f', minVersion: 1, maxVersion: 2 }],
        finalizedFeaturesEpoch: 3,
        zkMigrationReady: false,
      },
      `0000                    # errorCode
       02                      # apiKeys: 1
         0012 0000 0004 00       # apiKey, minVersion, maxVersion, tags
       00000000                # throttleTimeMs
       02                      # tags: 2
         00 08                   # tag 0, 8 bytes: supportedFeatures
           02 02 'f' 0001 0002 00  # 1 of them: name, minVersion, maxVersion, tags
         01 08                   # tag 1, 8 bytes: finalizedFeaturesEpoch
           0000000000000003`,
    )
  })

  it('Fetch v18 request: who the follower is and its high watermark are tags', () => {
    both(
      Fetch.request,
      18,
      {
        replicaState: { replicaId: 2, replicaEpoch: 9 },
        maxWaitMs: 500,
        minBytes: 1,
        maxBytes: 1024,
        topics: [
          {
            topicId,
            partitions: [
              { partition: 0, fetchOffset: 5, partitionMaxBytes: 256, highWatermark: 4 },
              { partition: 1, fetchOffset: 6, partitionMaxBytes: 256 },
            ],
          },
        ],
      },
      `000001f4                # maxWaitMs
       00000001                # minBytes
       00000400                # maxBytes
       00                      # isolationLevel
       00000000 ffffffff       # sessionId, sessionEpoch: none
       02                      # topics: 1
         ${topicIdHex}           # topicId
         03                      # partitions: 2
           00000000                # partition
           ffffffff                # currentLeaderEpoch
           0000000000000005        # fetchOffset
           ffffffff                # lastFetchedEpoch
           ffffffffffffffff        # logStartOffset
           00000100                # partitionMaxBytes
           01                      # tags: 1
             01 08 0000000000000004  # tag 1, 8 bytes: highWatermark
           00000001 ffffffff 0000000000000006 ffffffff ffffffffffffffff 00000100 00
         00                      # tags
       01                      # forgottenTopicsData: none
       01                      # rackId: empty
       01                      # tags: 1
         01 0d                   # tag 1, 13 bytes: replicaState
           00000002 0000000000000009 00  # replicaId, replicaEpoch, tags`,
    )
  })

  it('Produce v13 request: topic ids', () => {
    both(
      Produce.request,
      13,
      {
        transactionalId: null,
        acks: -1,
        timeoutMs: 1,
        topicData: [{ topicId, partitionData: [{ index: 2, records: sliceOf(Buffer.from([1, 2])) }] }],
      },
      `00                  # transactionalId: null
       ffff                # acks
       00000001            # timeoutMs
       02                  # topicData: 1
         ${topicIdHex}       # topicId
         02                  # partitionData: 1
           00000002            # index
           03 0102             # records
           00                  # tags
         00                  # tags
       00                  # tags`,
    )
  })

  it('Metadata v13 response: an error of its own after the topics', () => {
    both(
      Metadata.response,
      13,
      {
        brokers: [],
        clusterId: null,
        topics: [{ errorCode: 100, name: null, topicId, partitions: [] }],
        errorCode: 129,
      },
      `00000000          # throttleTimeMs
       01                # brokers: none
       00                # clusterId: null
       ffffffff          # controllerId
       02                # topics: 1
         0064              # errorCode
         00                # name: null
         ${topicIdHex}     # topicId
         00                # isInternal
         01                # partitions: none
         80000000          # topicAuthorizedOperations: not asked for
         00                # tags
       0081              # errorCode
       00                # tags`,
    )
  })

  it('ListOffsets v11 request: a timeout at the end', () => {
    both(
      ListOffsets.request,
      11,
      { replicaId: -1, topics: [{ name: 't', partitions: [{ partitionIndex: 0, timestamp: -6 }] }], timeoutMs: 300 },
      `ffffffff          # replicaId
       00                # isolationLevel
       02                # topics: 1
         02 't'            # name
         02                # partitions: 1
           00000000          # partitionIndex
           ffffffff          # currentLeaderEpoch
           fffffffffffffffa  # timestamp
           00                # tags
         00                # tags
       0000012c          # timeoutMs
       00                # tags`,
    )
  })

  it('DescribeTopicPartitions v0 request: a struct that may be null', () => {
    both(
      DescribeTopicPartitions.request,
      0,
      { topics: [{ name: 't' }], responsePartitionLimit: 1, cursor: { topicName: 't', partitionIndex: 2 } },
      `02 02 't' 00        # topics: 1, name, tags
       00000001            # responsePartitionLimit
       01                  # cursor: there is one
         02 't' 00000002 00  # topicName, partitionIndex, tags
       00                  # tags`,
    )
    both(
      DescribeTopicPartitions.request,
      0,
      { topics: [] },
      `01 000007d0 ff 00   # topics: none, responsePartitionLimit, cursor: null, tags`,
    )
  })
})

/** `value` is written as `transcript`, and `transcript` read as `value` with its defaults. */
function both<S extends Shape>(message: Message<S>, version: number, value: Encodable<S>, transcript: string): void {
  const expected = bytesOf(transcript)
  equal(written(message, value, version), expected.toString('hex'), `${message.name} v${version} written`)
  const reader = new Reader(expected)
  const read = message.decode(reader, version)
  equal(reader.remaining, 0)
  assertHas(read, value, message.name)
  equal(written(message, read as unknown as Encodable<S>, version), expected.toString('hex'), 'read, then written')
}

function written<S extends Shape>(message: Message<S>, value: Encodable<S>, version: number): string {
  const writer = new Writer()
  message.encode(writer, value, version)
  return writer.buffer.toString('hex', 0, writer.length)
}

/** Everything in `expected` is in `read`, which also has the fields that were left out. */
function assertHas(read: unknown, expected: unknown, path: string): void {
  if (expected === null || typeof expected !== 'object' || Buffer.isBuffer(expected)) {
    deepStrictEqual(read, expected, path)
  } else if ('view' in expected) {
    deepStrictEqual(sliceContent(read), sliceContent(expected), path)
  } else {
    if (Array.isArray(expected)) equal((read as unknown[]).length, expected.length, path)
    for (const [name, value] of Object.entries(expected)) {
      assertHas((read as Record<string, unknown>)[name], value, `${path}.${name}`)
    }
  }
}

function sliceContent(slice: unknown): Buffer {
  const { buffer, start, end } = slice as { buffer: Buffer; start: number; end: number }
  return buffer.subarray(start, end)
}

/** Hexadecimal digits, `'text'`, and `#` before a remark that ends with the line. */
function bytesOf(transcript: string): Buffer {
  const parts = transcript.replaceAll(/#.*/g, '').match(/'[^']*'|[\da-f]+/g) ?? []
  return Buffer.concat(
    parts.map((part) => (part.startsWith("'") ? Buffer.from(part.slice(1, -1)) : Buffer.from(part, 'hex'))),
  )
}
