import {
  DeleteGroups,
  DescribeGroups,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  ListGroups,
  OffsetCommit,
  OffsetDelete,
  OffsetFetch,
  SyncGroup,
} from '@odradek/protocol'
import { type Exchange, exchange } from './exchange.ts'

const subscription = Buffer.from('0003000000010001610000', 'hex')
const assignment = Buffer.from('00010000', 'hex')
const nothing = Buffer.alloc(0)

/** What is asked of a group coordinator. */
export const groupExchanges: readonly Exchange[] = [
  exchange<typeof OffsetCommit>({
    api: OffsetCommit,
    requests: [
      {
        message: {
          groupId: 'group',
          generationIdOrMemberEpoch: 3,
          memberId: 'member',
          groupInstanceId: 'instance',
          retentionTimeMs: 86_400_001,
          topics: [
            {
              name: 'orders',
              partitions: [
                { partitionIndex: 1, committedOffset: 2 ** 40 + 1, committedLeaderEpoch: 4, committedMetadata: 'note' },
                { partitionIndex: 2, committedOffset: 0 },
              ],
            },
          ],
        },
      },
      { message: { groupId: 'group', topics: [] } },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 5,
          topics: [
            {
              name: 'orders',
              partitions: [
                { partitionIndex: 1, errorCode: 0 },
                { partitionIndex: 2, errorCode: 25 },
              ],
            },
          ],
        },
      },
    ],
    kafkajs: {
      say: ({ groupId, generationIdOrMemberEpoch, memberId, retentionTimeMs, topics }) => ({
        groupId,
        groupGenerationId: generationIdOrMemberEpoch,
        memberId,
        retentionTime: retentionTimeMs,
        topics: topics.map(({ name, partitions }) => ({
          topic: name,
          partitions: partitions.map(({ partitionIndex, committedOffset, committedMetadata }) => ({
            partition: partitionIndex,
            offset: committedOffset,
            metadata: committedMetadata,
          })),
        })),
      }),
    },
    platformatic: {
      say: ({ groupId, generationIdOrMemberEpoch, memberId, groupInstanceId, topics }) => [
        groupId,
        generationIdOrMemberEpoch,
        memberId,
        groupInstanceId,
        topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map((partition) => ({
            ...partition,
            committedOffset: BigInt(partition.committedOffset),
          })),
        })),
      ],
      said: (request) => ({ ...request, retentionTimeMs: -1 }),
    },
  }),
  exchange<typeof OffsetFetch>({
    api: OffsetFetch,
    requests: [
      {
        message: {
          groupId: 'group',
          topics: [{ name: 'orders', partitionIndexes: [3, 1] }],
          groups: [
            {
              groupId: 'group',
              memberId: 'member',
              memberEpoch: 7,
              topics: [{ name: 'orders', partitionIndexes: [3, 1] }],
            },
            { groupId: 'other', topics: null },
          ],
          requireStable: true,
        },
      },
      { since: 2, message: { groupId: 'group', topics: null, groups: [{ groupId: 'group', topics: null }] } },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 6,
          topics: [
            {
              name: 'orders',
              partitions: [
                {
                  partitionIndex: 3,
                  committedOffset: 2 ** 41 + 1,
                  committedLeaderEpoch: 2,
                  metadata: 'note',
                  errorCode: 0,
                },
                { partitionIndex: 1, committedOffset: -1, metadata: null, errorCode: 88 },
              ],
            },
          ],
          errorCode: 16,
          groups: [
            {
              groupId: 'group',
              topics: [
                {
                  name: 'orders',
                  partitions: [
                    {
                      partitionIndex: 3,
                      committedOffset: 2 ** 41 + 1,
                      committedLeaderEpoch: 2,
                      metadata: 'note',
                      errorCode: 0,
                    },
                    { partitionIndex: 1, committedOffset: -1, metadata: null, errorCode: 88 },
                  ],
                },
              ],
            },
            { groupId: 'other', topics: [], errorCode: 113 },
          ],
        },
      },
    ],
    kafkajs: {
      // kafkajs says that it wants all topics with an empty list.
      say: ({ groupId, topics }) => ({
        groupId,
        topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
          topic: name,
          partitions: partitionIndexes.map((partition) => ({ partition })),
        })),
      }),
      said: (request, version) => (version < 3 && request.topics === null ? { ...request, topics: [] } : request),
    },
    platformatic: {
      say: ({ groupId, topics, groups, requireStable }, version) => [
        version < 8 ? [{ groupId, topics }] : groups,
        requireStable,
      ],
    },
  }),
  exchange<typeof JoinGroup>({
    api: JoinGroup,
    requests: [
      {
        message: {
          groupId: 'group',
          sessionTimeoutMs: 30_001,
          rebalanceTimeoutMs: 60_001,
          memberId: 'member',
          groupInstanceId: 'instance',
          protocolType: 'consumer',
          protocols: [
            { name: 'range', metadata: subscription },
            { name: 'sticky', metadata: nothing },
          ],
          reason: 'the reason',
        },
      },
      { message: { groupId: '', sessionTimeoutMs: 1, memberId: '', protocolType: 'connect', protocols: [] } },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 2,
          errorCode: 0,
          generationId: 4,
          protocolType: 'consumer',
          protocolName: 'range',
          leader: 'leader',
          skipAssignment: true,
          memberId: 'member',
          members: [
            { memberId: 'leader', groupInstanceId: 'instance', metadata: subscription },
            { memberId: 'member', metadata: nothing },
          ],
        },
      },
      { message: { errorCode: 79, memberId: 'given' } },
      { since: 7, message: { errorCode: 79, protocolName: null, memberId: 'given' } },
    ],
    kafkajs: {
      say: ({ groupId, sessionTimeoutMs, rebalanceTimeoutMs, memberId, groupInstanceId, protocolType, protocols }) => ({
        groupId,
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: rebalanceTimeoutMs,
        memberId,
        groupInstanceId,
        protocolType,
        groupProtocols: protocols,
      }),
    },
    platformatic: {
      say: (request) => [
        request.groupId,
        request.sessionTimeoutMs,
        request.rebalanceTimeoutMs,
        request.memberId,
        request.groupInstanceId,
        request.protocolType,
        request.protocols,
        request.reason,
      ],
    },
  }),
  exchange<typeof Heartbeat>({
    api: Heartbeat,
    requests: [
      { message: { groupId: 'group', generationId: 5, memberId: 'member', groupInstanceId: 'instance' } },
      { message: { groupId: 'group', generationId: -1, memberId: '' } },
    ],
    responses: [{ message: { throttleTimeMs: 3, errorCode: 27 } }],
    kafkajs: {
      say: ({ generationId, ...request }) => ({ ...request, groupGenerationId: generationId }),
    },
    platformatic: {
      say: ({ groupId, generationId, memberId, groupInstanceId }) => [groupId, generationId, memberId, groupInstanceId],
    },
  }),
  exchange<typeof LeaveGroup>({
    api: LeaveGroup,
    requests: [
      {
        message: {
          groupId: 'group',
          memberId: 'member',
          members: [{ memberId: 'member', groupInstanceId: 'instance', reason: 'the reason' }],
        },
      },
      { message: { groupId: 'group', memberId: 'member', members: [{ memberId: 'member' }] } },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 4,
          errorCode: 25,
          members: [
            { memberId: 'member', groupInstanceId: 'instance', errorCode: 25 },
            { memberId: 'other', errorCode: 0 },
          ],
        },
      },
    ],
    kafkajs: {
      say: ({ groupId, memberId, members }, version) => ({ groupId, memberId, ...(version < 3 ? {} : members[0]) }),
    },
    platformatic: {
      say: ({ groupId, memberId, members }, version) => [groupId, version < 3 ? [{ memberId }] : members],
    },
  }),
  exchange<typeof SyncGroup>({
    api: SyncGroup,
    requests: [
      {
        message: {
          groupId: 'group',
          generationId: 6,
          memberId: 'member',
          groupInstanceId: 'instance',
          protocolType: 'consumer',
          protocolName: 'range',
          assignments: [
            { memberId: 'member', assignment },
            { memberId: 'other', assignment: nothing },
          ],
        },
      },
      { message: { groupId: 'group', generationId: 0, memberId: 'member', assignments: [] } },
    ],
    responses: [
      { message: { throttleTimeMs: 5, errorCode: 0, protocolType: 'consumer', protocolName: 'range', assignment } },
      { message: { errorCode: 27, assignment: nothing } },
    ],
    kafkajs: {
      say: ({ assignments, ...request }) => ({
        ...request,
        groupAssignment: assignments.map((each) => ({ memberId: each.memberId, memberAssignment: each.assignment })),
      }),
    },
    platformatic: {
      say: (request) => [
        request.groupId,
        request.generationId,
        request.memberId,
        request.groupInstanceId,
        request.protocolType,
        request.protocolName,
        request.assignments,
      ],
    },
  }),
  exchange<typeof DescribeGroups>({
    api: DescribeGroups,
    requests: [
      { message: { groups: ['group', 'other'], includeAuthorizedOperations: true } },
      { message: { groups: [] } },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 7,
          groups: [
            {
              errorCode: 0,
              groupId: 'group',
              groupState: 'Stable',
              protocolType: 'consumer',
              protocolData: 'range',
              members: [
                {
                  memberId: 'member',
                  groupInstanceId: 'instance',
                  clientId: 'client',
                  clientHost: '/127.0.0.1',
                  memberMetadata: subscription,
                  memberAssignment: assignment,
                },
              ],
              authorizedOperations: 0x0148,
            },
            { errorCode: 16, groupId: 'other', groupState: '', protocolType: '', protocolData: '', members: [] },
          ],
        },
      },
    ],
    kafkajs: { say: ({ groups }) => ({ groupIds: groups }) },
    platformatic: {
      say: ({ groups, includeAuthorizedOperations }) => [groups, includeAuthorizedOperations],
    },
  }),
  exchange<typeof ListGroups>({
    api: ListGroups,
    requests: [
      { message: { statesFilter: ['Stable', 'Empty'], typesFilter: ['classic', 'consumer'] } },
      { message: { statesFilter: [] } },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 8,
          errorCode: 0,
          groups: [
            { groupId: 'group', protocolType: 'consumer', groupState: 'Stable', groupType: 'classic' },
            { groupId: 'other', protocolType: '' },
          ],
        },
      },
      { message: { errorCode: 14, groups: [] } },
    ],
    kafkajs: { say: () => ({}) },
    platformatic: { say: ({ statesFilter, typesFilter }) => [statesFilter, typesFilter] },
  }),
  exchange<typeof DeleteGroups>({
    api: DeleteGroups,
    requests: [{ message: { groupsNames: ['group', 'other'] } }],
    responses: [
      {
        message: {
          throttleTimeMs: 9,
          results: [
            { groupId: 'group', errorCode: 0 },
            { groupId: 'other', errorCode: 68 },
          ],
        },
      },
    ],
    kafkajs: { say: ({ groupsNames }) => groupsNames },
    platformatic: { say: ({ groupsNames }) => [groupsNames] },
  }),
  exchange<typeof OffsetDelete>({
    api: OffsetDelete,
    requests: [
      {
        message: {
          groupId: 'group',
          topics: [{ name: 'orders', partitions: [{ partitionIndex: 3 }, { partitionIndex: 4 }] }],
        },
      },
    ],
    responses: [
      {
        message: {
          throttleTimeMs: 10,
          topics: [{ name: 'orders', partitions: [{ partitionIndex: 3, errorCode: 86 }] }],
        },
      },
      { message: { errorCode: 69 } },
    ],
    platformatic: { say: ({ groupId, topics }) => [groupId, topics] },
  }),
]
