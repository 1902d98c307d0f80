/**
 * OffsetCommit (key 8, versions 2 to 10): from a member in its generation, or from outside (generation -1) while the
 * group has no members; a group that nobody knows comes into being by it.
 */
import { errors, type OffsetCommitRequest } from '@odradek/protocol'
import type { ClassicGroup } from './classic-group.ts'
import type { Draft } from './draft.ts'
import { checkMember } from './member-check.ts'

type RequestTopic = OffsetCommitRequest['topics'][number]

/** A commit whose topics exist, all with their names and, where they are known, their ids. */
export type CommitRequest = Omit<OffsetCommitRequest, 'topics'> & { readonly topics: readonly RequestTopic[] }

/** What became of the partitions of one topic. */
export interface CommittedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitions: { readonly partitionIndex: number; readonly errorCode: number }[]
}

const GROUP_ID_NOT_FOUND_VERSION = 9
const DEFAULT_RETENTION = -1

/** Decides on a commit. Undefined: there is no such group. */
export function commitOffsets(
  draft: Draft,
  group: ClassicGroup | undefined,
  request: CommitRequest,
  apiVersion: number,
): CommittedTopic[] {
  const refused = checkCommit(group, request, apiVersion)
  if (refused !== errors.NONE.code) return committedTopics(request.topics, () => refused)
  const member = group?.members.get(request.memberId)
  if (member !== undefined) draft.extendSession(member)

  const commitTimestamp = draft.now.wallMs
  const { groupId, retentionTimeMs } = request
  const expireTimestamp = retentionTimeMs === DEFAULT_RETENTION ? -1 : commitTimestamp + retentionTimeMs
  return committedTopics(request.topics, (topic, partition) => {
    const metadata = partition.committedMetadata ?? ''
    if (metadata.length > draft.limits.offsetMetadataCharsMax) return errors.OFFSET_METADATA_TOO_LARGE.code
    const { partitionIndex, committedOffset: offset, committedLeaderEpoch: leaderEpoch } = partition
    const value = { offset, leaderEpoch, metadata, commitTimestamp, expireTimestamp, topicId: topic.topicId }
    draft.records.push({ kind: 'offset', groupId, topic: topic.name, partition: partitionIndex, value })
    return errors.NONE.code
  })
}

/** The answer about topics, each partition with the code that `codeOf` gives it. */
function committedTopics(
  topics: readonly RequestTopic[],
  codeOf: (topic: RequestTopic, partition: RequestTopic['partitions'][number]) => number,
): CommittedTopic[] {
  return topics.map((topic) => ({
    name: topic.name,
    topicId: topic.topicId,
    partitions: topic.partitions.map((partition) => ({
      partitionIndex: partition.partitionIndex,
      errorCode: codeOf(topic, partition),
    })),
  }))
}

function checkCommit(group: ClassicGroup | undefined, request: CommitRequest, apiVersion: number): number {
  const { generationIdOrMemberEpoch: generation, memberId, groupInstanceId } = request
  if (group === undefined) {
    if (generation < 0) return errors.NONE.code
    return apiVersion >= GROUP_ID_NOT_FOUND_VERSION ? errors.GROUP_ID_NOT_FOUND.code : errors.ILLEGAL_GENERATION.code
  }
  if (generation < 0 && group.state === 'Empty') return errors.NONE.code
  if (generation < 0 && memberId === '' && groupInstanceId === null) return errors.UNKNOWN_MEMBER_ID.code
  const errorCode = checkMember(group, memberId, groupInstanceId)
  if (errorCode !== errors.NONE.code) return errorCode
  if (generation !== group.generation) return errors.ILLEGAL_GENERATION.code
  // The member knows the new generation but not yet what it has in it.
  if (group.state === 'CompletingRebalance') return errors.REBALANCE_IN_PROGRESS.code
  return errors.NONE.code
}
