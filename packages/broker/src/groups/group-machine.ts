/**
 * The groups of one partition of `__consumer_offsets`: their members, generations and committed offsets. Pure: requests,
 * time and fresh member ids come in, responses and records come out. Group ids are not checked here.
 */
import {
  errors,
  type HeartbeatRequest,
  type JoinGroupRequest,
  type JoinGroupResponse,
  type LeaveGroupResponse,
  type SyncGroupRequest,
  type SyncGroupResponse,
} from '@odradek/protocol'
import { DeadlineQueue } from '../runtime/deadline-queue.ts'
import type { Decision, Now, Token } from '../runtime/decision.ts'
import type { Machine } from '../runtime/machine.ts'
import { ClassicGroup } from './classic-group.ts'
import { CommittedOffsets } from './committed-offsets.ts'
import { Draft } from './draft.ts'
import type { GroupLimits } from './group-limits.ts'
import type { GroupRecord } from './group-record.ts'
import { type GroupTimer, notDue } from './group-timer.ts'
import {
  type DescribedGroup,
  describeGroup,
  describeMissingGroup,
  type ListedGroup,
  type ListFilter,
  listGroup,
} from './group-views.ts'
import { type JoinContext, joinGroup, refused } from './join-group.ts'
import { expirePendingMember, expireSession, heartbeat, type Leaver, leaveGroup } from './membership.ts'
import { type CommitRequest, type CommittedTopic, commitOffsets } from './offset-commit.ts'
import { type FetchedTopic, type FetchTopic, fetchOffsets } from './offset-fetch.ts'
import {
  type DeletedOffsets,
  type DeleteTopic,
  deleteOffsets,
  expireOffsets,
  forgetTopics,
  removeGroup,
} from './offset-removal.ts'
import { expireJoin, expireSync, prepareRebalance } from './rebalance.ts'
import { syncGroup, unsynced } from './sync-group.ts'

/** What a decision of this machine is. */
export type GroupDecision<T> = Decision<T, GroupRecord>

export class GroupMachine implements Machine<GroupRecord> {
  readonly #limits: GroupLimits
  readonly #groups = new Map<string, ClassicGroup>()
  readonly #offsets = new CommittedOffsets()
  readonly #timers = new DeadlineQueue<GroupTimer>()
  readonly #expiration: GroupTimer = { kind: 'expiration', ...notDue }

  constructor(limits: GroupLimits) {
    this.#limits = limits
  }

  get groups(): ReadonlyMap<string, ClassicGroup> {
    return this.#groups
  }

  get offsets(): Pick<CommittedOffsets, 'get' | 'has' | 'topics' | 'groupIds'> {
    return this.#offsets
  }

  /** JoinGroup; waits until the group has its next generation. */
  join(
    request: JoinGroupRequest,
    context: JoinContext,
    now: Now,
    token: Token<JoinGroupResponse>,
  ): GroupDecision<JoinGroupResponse> {
    const draft = this.#draft(now)
    const { groupId, memberId, sessionTimeoutMs } = request
    const { sessionTimeoutMinMs, sessionTimeoutMaxMs } = this.#limits
    if (sessionTimeoutMs < sessionTimeoutMinMs || sessionTimeoutMs > sessionTimeoutMaxMs) {
      return draft.decide(refused(memberId, errors.INVALID_SESSION_TIMEOUT.code))
    }
    const known = this.#groups.get(groupId)
    if (known === undefined && memberId !== '') return draft.decide(refused(memberId, errors.UNKNOWN_MEMBER_ID.code))
    const group = known ?? new ClassicGroup(groupId, now.wallMs)
    const response = joinGroup(draft, group, request, context, token)
    if (known === undefined) this.#groups.set(groupId, group)
    this.#forgetIfBare(group)
    return draft.decide(response)
  }

  /** SyncGroup; waits for the leader's. */
  sync(request: SyncGroupRequest, now: Now, token: Token<SyncGroupResponse>): GroupDecision<SyncGroupResponse> {
    const draft = this.#draft(now)
    const group = this.#groups.get(request.groupId)
    if (group === undefined) return draft.decide(unsynced(errors.UNKNOWN_MEMBER_ID.code))
    return draft.decide(syncGroup(draft, group, request, token))
  }

  /** Heartbeat; the response is its error code. */
  heartbeat(request: HeartbeatRequest, now: Now): GroupDecision<number> {
    const draft = this.#draft(now)
    const group = this.#groups.get(request.groupId)
    return draft.decide(group === undefined ? errors.UNKNOWN_MEMBER_ID.code : heartbeat(draft, group, request))
  }

  /** LeaveGroup of one or many. */
  leave(
    groupId: string,
    leavers: readonly Leaver[],
    now: Now,
  ): GroupDecision<NonNullable<LeaveGroupResponse['members']>> {
    const draft = this.#draft(now)
    const group = this.#groups.get(groupId)
    if (group === undefined) {
      const errorCode = errors.UNKNOWN_MEMBER_ID.code
      return draft.decide(leavers.map(({ memberId, groupInstanceId }) => ({ memberId, groupInstanceId, errorCode })))
    }
    const members = leaveGroup(draft, group, leavers)
    this.#forgetIfBare(group)
    return draft.decide(members)
  }

  /** OffsetCommit of topics that exist. */
  commitOffsets(request: CommitRequest, apiVersion: number, now: Now): GroupDecision<CommittedTopic[]> {
    const draft = this.#draft(now)
    return draft.decide(commitOffsets(draft, this.#groups.get(request.groupId), request, apiVersion))
  }

  /** OffsetFetch of one group; null topics: all. */
  fetchOffsets(groupId: string, topics: readonly FetchTopic[] | null): GroupDecision<FetchedTopic[]> {
    return read(fetchOffsets(this.#offsets, groupId, topics))
  }

  /** OffsetDelete. */
  deleteOffsets(groupId: string, topics: readonly DeleteTopic[], now: Now): GroupDecision<DeletedOffsets> {
    const draft = this.#draft(now)
    return draft.decide(deleteOffsets(draft, this.#groups.get(groupId), this.#offsets, topics))
  }

  /** Topics were deleted: what was read of them is of no use. The response is how many offsets go. */
  topicsDeleted(names: ReadonlySet<string>, now: Now): GroupDecision<number> {
    const draft = this.#draft(now)
    forgetTopics(draft, this.#offsets, names)
    return draft.decide(draft.records.length)
  }

  /** DescribeGroups of one group. */
  describe(groupId: string, apiVersion: number): GroupDecision<DescribedGroup> {
    const group = this.#groups.get(groupId)
    return read(group === undefined ? describeMissingGroup(groupId, apiVersion) : describeGroup(group))
  }

  /** ListGroups. */
  list(filter: ListFilter): GroupDecision<ListedGroup[]> {
    const listed: ListedGroup[] = []
    for (const group of this.#groups.values()) {
      const shown = listGroup(group, filter)
      if (shown !== null) listed.push(shown)
    }
    return read(listed)
  }

  /** DeleteGroups of one group; the response is its error code. Only a group without members goes. */
  delete(groupId: string, now: Now): GroupDecision<number> {
    const draft = this.#draft(now)
    const group = this.#groups.get(groupId)
    if (group === undefined) return draft.decide<number>(errors.GROUP_ID_NOT_FOUND.code)
    if (group.state !== 'Empty') return draft.decide<number>(errors.NON_EMPTY_GROUP.code)
    removeGroup(draft, groupId, this.#offsets)
    return draft.decide<number>(errors.NONE.code)
  }

  replay(record: GroupRecord): void {
    const { groupId } = record
    switch (record.kind) {
      case 'group':
        this.#groupFor(groupId).apply(record.value)
        break
      case 'groupRemoved':
        this.#groups.get(groupId)?.close()
        this.#groups.delete(groupId)
        if (this.#offsets.has(groupId)) this.#groupFor(groupId)
        break
      case 'offset':
        this.#groupFor(groupId)
        this.#offsets.set(groupId, record.topic, record.partition, record.value)
        break
      case 'offsetRemoved':
        this.#offsets.delete(groupId, record.topic, record.partition)
        break
      default:
        record satisfies never
    }
  }

  /** Sessions begin anew, as heartbeats may have come while nobody listened. */
  loaded(now: Now): GroupDecision<null> {
    const draft = this.#draft(now)
    for (const group of this.#groups.values()) {
      for (const member of group.members.values()) draft.extendSession(member)
      // The limit may have been lowered: those who join last are left out.
      if (group.members.size > this.#limits.membersMax) prepareRebalance(draft, group)
    }
    draft.startTimer(this.#expiration, this.#limits.offsetsRetentionCheckIntervalMs)
    return draft.decide<null>(null)
  }

  due(now: Now): GroupDecision<null> {
    const draft = this.#draft(now)
    const timer = this.#timers.pop(now.monotonicMs)
    if (timer !== null) this.#expire(draft, timer)
    return draft.decide<null>(null)
  }

  nextDeadline(): number {
    return this.#timers.next()
  }

  #expire(draft: Draft, timer: GroupTimer): void {
    switch (timer.kind) {
      case 'session':
        expireSession(draft, timer.group, timer.member)
        break
      case 'pendingMember':
        expirePendingMember(draft, timer.group, timer.memberId)
        this.#forgetIfBare(timer.group)
        break
      case 'join':
        expireJoin(draft, timer.group)
        break
      case 'sync':
        expireSync(draft, timer.group)
        break
      case 'expiration':
        for (const group of this.#groups.values()) expireOffsets(draft, group, this.#offsets)
        draft.startTimer(timer, this.#limits.offsetsRetentionCheckIntervalMs)
        break
      default:
        timer satisfies never
    }
  }

  #draft(now: Now): Draft {
    return new Draft(now, this.#limits, this.#timers)
  }

  /** The group, made where there is none: one that only has offsets. */
  #groupFor(groupId: string): ClassicGroup {
    let group = this.#groups.get(groupId)
    if (group === undefined) {
      group = new ClassicGroup(groupId, -1)
      this.#groups.set(groupId, group)
    }
    return group
  }

  /** Lets go of a group that nobody is in and nothing is known of. */
  #forgetIfBare(group: ClassicGroup): void {
    if (group.committed !== null || group.state !== 'Empty' || group.pendingMembers.size > 0) return
    if (!this.#offsets.has(group.groupId)) this.#groups.delete(group.groupId)
  }
}

function read<T>(response: T): GroupDecision<T> {
  return { response, records: [] }
}
