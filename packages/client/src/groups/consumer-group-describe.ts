import { api, array, boolean, int8, int16, int32, nullable, string, struct, uuid } from '@odradek/protocol'

const assignment = struct({
  topicPartitions: array({ topicId: uuid(), topicName: string(), partitions: array(int32()) }),
})

/** API key 69: groups of the new consumer protocol in full (KIP-848). */
export const ConsumerGroupDescribe = api({
  key: 69,
  name: 'ConsumerGroupDescribe',
  versions: [0, 1],
  flexible: 0,
  request: {
    groupIds: array(string()),
    includeAuthorizedOperations: boolean({ default: false }),
  },
  response: {
    throttleTimeMs: int32({ default: 0 }),
    groups: array({
      errorCode: int16(),
      errorMessage: nullable(string(), { default: null }),
      groupId: string(),
      groupState: string(),
      groupEpoch: int32(),
      assignmentEpoch: int32(),
      assignorName: string(),
      members: array({
        memberId: string(),
        instanceId: nullable(string(), { default: null }),
        rackId: nullable(string(), { default: null }),
        memberEpoch: int32(),
        clientId: string(),
        clientHost: string(),
        subscribedTopicNames: array(string()),
        subscribedTopicRegex: nullable(string(), { default: null }),
        assignment,
        targetAssignment: assignment,
        /** 0 classic, 1 consumer, -1 not told. */
        memberType: int8({ since: 1, default: -1 }),
      }),
      authorizedOperations: int32({ default: -2147483648 }),
    }),
  },
})
