import {
  DeleteGroups,
  DescribeGroups,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  ListGroups,
  SyncGroup,
} from '@odradek/protocol'
import { type Exchange, exchange } from './exchange.ts'

const subscription = Buffer.from('0003000000010001610000', 'hex')
const assignment = Buffer.from('00010000', 'hex')
const nothing = Buffer.alloc(0)

/** What is asked of a group coordinator about members. */
export const groupExchanges: readonly Exchange[] = [
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
]
