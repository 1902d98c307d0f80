import { OffsetCommit, OffsetDelete, OffsetFetch } from '@odradek/protocol'
import { type Exchange, exchange } from './exchange.ts'

/** What is asked of a group coordinator about committed offsets. */
export const offsetExchanges: readonly Exchange[] = [
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
