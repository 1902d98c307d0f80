/** How committed offsets go: by request (OffsetDelete, key 47), with their topic, with their group, with time. */
import { errors, type OffsetCommitValue } from '@odradek/protocol'
import type { ClassicGroup } from './classic-group.ts'
import type { CommittedOffsets } from './committed-offsets.ts'
import type { Draft } from './draft.ts'

/** The partitions of a topic, asked for or answered with a code each. */
export interface DeleteTopic {
  readonly name: string
  readonly partitions: readonly { readonly partitionIndex: number }[]
}
export interface DeletedTopic {
  readonly name: string
  readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[]
}

/** What OffsetDelete is answered with: a code for all, and without one the topics. */
export interface DeletedOffsets {
  readonly errorCode: number
  readonly topics: readonly DeletedTopic[]
}

/**
 * Forgets single offsets, except of topics that the group's consumers read (GROUP_SUBSCRIBED_TO_TOPIC). With members of
 * another kind what they read is not known: NON_EMPTY_GROUP.
 */
export function deleteOffsets(
  draft: Draft,
  group: ClassicGroup | undefined,
  offsets: CommittedOffsets,
  topics: readonly DeleteTopic[],
): DeletedOffsets {
  if (group === undefined) return { errorCode: errors.GROUP_ID_NOT_FOUND.code, topics: [] }
  if (group.state !== 'Empty' && !group.usesConsumerProtocol) {
    return { errorCode: errors.NON_EMPTY_GROUP.code, topics: [] }
  }
  const { groupId } = group
  const deleted = topics.map(({ name, partitions }) => {
    const isInUse = group.isSubscribedTo(name)
    const errorCode = isInUse ? errors.GROUP_SUBSCRIBED_TO_TOPIC.code : errors.NONE.code
    for (const { partitionIndex: partition } of isInUse ? [] : partitions) {
      if (offsets.get(groupId, name, partition) === null) continue
      draft.records.push({ kind: 'offsetRemoved', groupId, topic: name, partition })
    }
    return { name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) }
  })
  return { errorCode: errors.NONE.code, topics: deleted }
}

/** Forgets what all groups have read of topics that are gone. */
export function forgetTopics(draft: Draft, offsets: CommittedOffsets, names: ReadonlySet<string>): void {
  for (const groupId of offsets.groupIds()) {
    for (const [topic, partitions] of offsets.topics(groupId)) {
      if (!names.has(topic)) continue
      for (const partition of partitions.keys()) {
        draft.records.push({ kind: 'offsetRemoved', groupId, topic, partition })
      }
    }
  }
}

/** Forgets a group with all it has read. */
export function removeGroup(draft: Draft, groupId: string, offsets: CommittedOffsets): void {
  for (const [topic, partitions] of offsets.topics(groupId)) {
    for (const partition of partitions.keys()) draft.records.push({ kind: 'offsetRemoved', groupId, topic, partition })
  }
  draft.records.push({ kind: 'groupRemoved', groupId })
}

/**
 * Forgets a group's offsets that are past their retention, and the group when it has no members and no offsets left:
 *
 *     committed with a retention of its own   when that is over
 *     group that never had members            retention after the commit
 *     group without members                   retention after its last member left
 *     stable group of consumers               retention after the commit, of topics that they do not read
 *     any other                               never
 */
export function expireOffsets(draft: Draft, group: ClassicGroup, offsets: CommittedOffsets): void {
  const { groupId } = group
  const { wallMs } = draft.now
  const { offsetsRetentionMs } = draft.limits
  const isEmpty = group.state === 'Empty'
  const isStableConsumers = group.state === 'Stable' && group.usesConsumerProtocol && group.subscribedTopics !== null
  if (!isEmpty && !isStableConsumers) return
  const emptySince = isEmpty && group.protocolType !== null ? group.stateTimestampMs : -1

  let isAllExpired = true
  for (const [topic, partitions] of offsets.topics(groupId)) {
    const isInUse = group.isSubscribedTo(topic)
    for (const [partition, value] of partitions) {
      if (!isInUse && isExpired(value)) draft.records.push({ kind: 'offsetRemoved', groupId, topic, partition })
      else isAllExpired = false
    }
  }
  if (isAllExpired && isEmpty && group.pendingMembers.size === 0) draft.records.push({ kind: 'groupRemoved', groupId })

  function isExpired(value: OffsetCommitValue): boolean {
    if (value.expireTimestamp !== -1) return wallMs >= value.expireTimestamp
    return wallMs - (emptySince === -1 ? value.commitTimestamp : emptySince) >= offsetsRetentionMs
  }
}
