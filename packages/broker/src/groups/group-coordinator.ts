/**
 * Group coordination as the server's handlers see it: one function per API, decoded request in, response out through a
 * callback, exactly once, in the shape of the message table. The group id says which partition of `__consumer_offsets`
 * and so which machine decides; what this broker does not lead is answered NOT_COORDINATOR.
 */
import {
  type DeleteGroupsResponse,
  type DescribeGroupsResponse,
  errors,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type JoinGroupRequest,
  type JoinGroupResponse,
  type LeaveGroupRequest,
  type LeaveGroupResponse,
  type ListGroupsRequest,
  type ListGroupsResponse,
  type OffsetCommitRequest,
  type OffsetCommitResponse,
  type OffsetDeleteRequest,
  type OffsetDeleteResponse,
  type OffsetFetchRequest,
  type OffsetFetchResponse,
  type SyncGroupRequest,
  type SyncGroupResponse,
} from '@odradek/protocol'
import type { Random } from '../host/random.ts'
import type { Now, Token } from '../runtime/decision.ts'
import type { MachinePartition } from '../runtime/machine-partition.ts'
import type { Answer, ParkedRequest } from '../runtime/machine-shell.ts'
import { commitParts, isCommitOfMany, joinedParts } from './commit-parts.ts'
import { type ForEachPiece, forEachAtOnce, gather } from './gather.ts'
import type { GroupDecision, GroupMachine } from './group-machine.ts'
import { groupPartition } from './group-partition.ts'
import { type GroupShell, GroupShells, type GroupShellsOptions } from './group-shells.ts'
import { describeRefusedGroup, type ListedGroup, listFilter } from './group-views.ts'
import { refused } from './join-group.ts'
import { newMemberId } from './member-id.ts'
import type { CommittedTopic } from './offset-commit.ts'
import { fetchResponse, fetchTopicsOf, type GroupFetch, type GroupOffsets, groupsOf } from './offset-fetch-versions.ts'
import { unsynced } from './sync-group.ts'
import type { TopicLookup } from './topic-lookup.ts'
import { mergeCodes, resolveCommit, resolveDelete } from './topic-resolution.ts'

export interface GroupCoordinatorOptions extends GroupShellsOptions {
  readonly random: Random
  readonly topics: TopicLookup
  /** How many partitions `__consumer_offsets` has; 0 while it does not exist. */
  readonly partitionCount: () => number
  /** The broker that leads a partition of it, -1 for none. */
  readonly leaderOf: (partition: number) => number
}

/** Where a request came from. */
export interface Client {
  readonly apiVersion: number
  readonly clientId: string
  /** As Kafka writes it: a slash and the address. */
  readonly clientHost: string
}

/** Where a group is coordinated. */
export interface Placement {
  /** NONE, or COORDINATOR_NOT_AVAILABLE while nobody leads the partition or there is none. */
  readonly errorCode: number
  /** The partition of `__consumer_offsets`; -1 while that does not exist. */
  readonly partition: number
  /** -1 for none. */
  readonly brokerId: number
}

const LEAVE_MANY_VERSION = 3

export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions
  readonly #shells: GroupShells

  constructor(options: GroupCoordinatorOptions) {
    this.#options = options
    this.#shells = new GroupShells(options)
  }

  /** This broker leads a partition of `__consumer_offsets`, perhaps in a new epoch: its groups are loaded. */
  lead(partition: MachinePartition): void {
    this.#shells.lead(partition)
  }

  /** This broker leads a partition no more. */
  resign(index: number): void {
    this.#shells.resign(index)
  }

  close(): void {
    this.#shells.close()
  }

  /** Whether all that this broker leads is loaded. */
  get isLoaded(): boolean {
    return [...this.#shells.all()].every((shell) => shell.isActive)
  }

  /** How many groups this broker coordinates. */
  get groupCount(): number {
    let count = 0
    for (const shell of this.#shells.all()) count += shell.machine?.groups.size ?? 0
    return count
  }

  /** Requests that wait for others, oldest first within a partition. */
  *parked(): Iterable<ParkedRequest> {
    for (const shell of this.#shells.all()) yield* shell.parked()
  }

  /** FindCoordinator (key 10) of a group. */
  findCoordinator(groupId: string): Placement {
    const count = this.#options.partitionCount()
    if (count === 0) return { errorCode: errors.COORDINATOR_NOT_AVAILABLE.code, partition: -1, brokerId: -1 }
    const partition = groupPartition(groupId, count)
    const brokerId = this.#options.leaderOf(partition)
    const errorCode = brokerId === -1 ? errors.COORDINATOR_NOT_AVAILABLE.code : errors.NONE.code
    return { errorCode, partition, brokerId }
  }

  /** JoinGroup (key 11). */
  joinGroup(request: JoinGroupRequest, client: Client, answer: (response: JoinGroupResponse) => void): void {
    const { groupId, memberId } = request
    const prefix = request.groupInstanceId ?? client.clientId
    const context = { ...client, newMemberId: memberId === '' ? newMemberId(this.#options.random, prefix) : '' }
    this.#runParked<JoinGroupResponse>(
      'JoinGroup',
      groupId,
      (machine, now, token) => machine.join(request, context, now, token),
      (errorCode, response) => answer(response ?? refused(memberId, errorCode)),
    )
  }

  /** SyncGroup (key 14). */
  syncGroup(request: SyncGroupRequest, answer: (response: SyncGroupResponse) => void): void {
    this.#runParked<SyncGroupResponse>(
      'SyncGroup',
      request.groupId,
      (machine, now, token) => machine.sync(request, now, token),
      (errorCode, response) => answer(response ?? unsynced(errorCode)),
    )
  }

  /** Heartbeat (key 12). While the group is loading nobody is sent away: the sessions begin after it. */
  heartbeat(request: HeartbeatRequest, answer: (response: HeartbeatResponse) => void): void {
    this.#runNamed(
      request.groupId,
      (machine, now) => machine.heartbeat(request, now),
      (failure, response) => {
        const errorCode = response ?? failure
        answer({ errorCode: errorCode === errors.COORDINATOR_LOAD_IN_PROGRESS.code ? errors.NONE.code : errorCode })
      },
    )
  }

  /** LeaveGroup (key 13). */
  leaveGroup(request: LeaveGroupRequest, apiVersion: number, answer: (response: LeaveGroupResponse) => void): void {
    const isMany = apiVersion >= LEAVE_MANY_VERSION
    const leavers = isMany ? request.members : [{ memberId: request.memberId, groupInstanceId: null }]
    this.#runNamed(
      request.groupId,
      (machine, now) => machine.leave(request.groupId, leavers, now),
      (errorCode, members) => {
        if (members === null) answer({ errorCode })
        else if (isMany) answer({ errorCode, members })
        else answer({ errorCode: members[0]!.errorCode })
      },
    )
  }

  /** OffsetCommit (key 8). Partitions that do not exist are refused, the others committed: very many of them in parts. */
  offsetCommit(
    request: OffsetCommitRequest,
    apiVersion: number,
    answer: (response: OffsetCommitResponse) => void,
    forEach: ForEachPiece = forEachAtOnce,
  ): void {
    if (!isCommitOfMany(request.topics)) this.#commit(request, apiVersion, (topics) => answer({ topics }))
    else
      gather<OffsetCommitRequest['topics'], OffsetCommitResponse['topics']>(
        commitParts(request.topics),
        (topics, committed) => this.#commit({ ...request, topics }, apiVersion, committed),
        (parts) => answer({ topics: joinedParts(request.topics, parts) }),
        forEach,
        (topics) => topics.reduce((count, { partitions }) => count + partitions.length, 0),
      )
  }

  #commit(
    request: OffsetCommitRequest,
    apiVersion: number,
    answer: (topics: OffsetCommitResponse['topics']) => void,
  ): void {
    const { known, refusals } = resolveCommit(request, apiVersion, this.#options.topics)
    const finish = (errorCode: number, committed: CommittedTopic[] | null) => {
      answer(mergeCodes(request.topics, refusals, committed, errorCode))
    }
    if (known.length === 0) finish(errors.NONE.code, [])
    else {
      const resolved = { ...request, topics: known }
      this.#run(request.groupId, (machine, now) => machine.commitOffsets(resolved, apiVersion, now), finish)
    }
  }

  /** OffsetFetch (key 9) of one group or many. */
  offsetFetch(
    request: OffsetFetchRequest,
    apiVersion: number,
    answer: (response: OffsetFetchResponse) => void,
    forEach: ForEachPiece = forEachAtOnce,
  ): void {
    const { topics } = this.#options
    gather<GroupFetch, GroupOffsets>(
      groupsOf(request, apiVersion),
      (group, found) => {
        const { groupId } = group
        this.#run(
          groupId,
          (machine) => machine.fetchOffsets(groupId, fetchTopicsOf(group, apiVersion, topics)),
          (errorCode, fetched) => found({ groupId, errorCode, topics: fetched ?? [] }),
          // Whoever reads on from an offset that was overtaken reads what others have read.
          true,
        )
      },
      (results) => answer(fetchResponse(request, apiVersion, results, topics)),
      forEach,
      ({ topics }) => topics.reduce((count, { partitions }) => count + 1 + partitions.length, 0),
    )
  }

  /** OffsetDelete (key 47). */
  offsetDelete(request: OffsetDeleteRequest, answer: (response: OffsetDeleteResponse) => void): void {
    const { known, refusals } = resolveDelete(request, this.#options.topics)
    this.#runNamed(
      request.groupId,
      (machine, now) => machine.deleteOffsets(request.groupId, known, now),
      (failure, deleted) => {
        const errorCode = deleted?.errorCode ?? failure
        if (deleted === null || errorCode !== errors.NONE.code) answer({ errorCode })
        else answer({ errorCode, topics: mergeCodes(request.topics, refusals, deleted.topics, errorCode) })
      },
    )
  }

  /** DescribeGroups (key 15). */
  describeGroups(
    groupIds: Iterable<string>,
    apiVersion: number,
    answer: (groups: DescribeGroupsResponse['groups']) => void,
    forEach: ForEachPiece = forEachAtOnce,
  ): void {
    gather<string, DescribeGroupsResponse['groups'][number]>(
      groupIds,
      (groupId, described) =>
        this.#run(
          groupId,
          (machine) => machine.describe(groupId, apiVersion),
          (errorCode, group) => described(group ?? describeRefusedGroup(groupId, errorCode)),
        ),
      answer,
      forEach,
      ({ members }) => members.length,
    )
  }

  /** ListGroups (key 16): of this broker. COORDINATOR_LOAD_IN_PROGRESS while some of them are not loaded. */
  listGroups(
    request: ListGroupsRequest,
    answer: (response: ListGroupsResponse) => void,
    forEach: ForEachPiece = forEachAtOnce,
  ): void {
    const filter = listFilter(request.statesFilter, request.typesFilter)
    const shells = [...this.#shells.all()]
    const groups: ListedGroup[] = []
    let failure: number = errors.NONE.code
    gather<GroupShell, number>(
      shells,
      (shell, told) =>
        shell.run(
          (machine) => machine.list(filter),
          (errorCode, listed) => {
            for (const group of listed ?? []) groups.push(group)
            if (listed === null && errorCode !== errors.NOT_COORDINATOR.code) failure = errorCode
            told(listed?.length ?? 0)
          },
        ),
      () => answer(failure === errors.NONE.code ? { errorCode: failure, groups } : { errorCode: failure, groups: [] }),
      forEach,
      (count) => count,
    )
  }

  /** DeleteGroups (key 42). */
  deleteGroups(
    groupIds: Iterable<string>,
    answer: (results: DeleteGroupsResponse['results']) => void,
    forEach: ForEachPiece = forEachAtOnce,
  ): void {
    gather<string, DeleteGroupsResponse['results'][number]>(
      groupIds,
      (groupId, deleted) =>
        this.#run(
          groupId,
          (machine, now) => machine.delete(groupId, now),
          (errorCode, decided) => deleted({ groupId, errorCode: decided ?? errorCode }),
        ),
      answer,
      forEach,
      () => 0,
    )
  }

  /** Topics are gone: so is what was read of them. Failures do no harm, as such offsets expire. */
  topicsDeleted(names: readonly string[]): void {
    const gone = new Set(names)
    for (const shell of this.#shells.all()) {
      shell.run(
        (machine, now) => machine.topicsDeleted(gone, now),
        () => {},
      )
    }
  }

  /** Runs a decision on the machine of a group. */
  #run<T>(
    groupId: string,
    decide: (machine: GroupMachine, now: Now) => GroupDecision<T>,
    answer: Answer<T>,
    needsProof = false,
  ): void {
    const shell = this.#shellOf(groupId)
    if (typeof shell === 'number') answer(shell, null)
    else shell.run(decide, answer, needsProof)
  }

  /** The same where a group id must not be empty. Old clients commit and fetch with an empty one. */
  #runNamed<T>(
    groupId: string,
    decide: (machine: GroupMachine, now: Now) => GroupDecision<T>,
    answer: Answer<T>,
  ): void {
    if (groupId === '') answer(errors.INVALID_GROUP_ID.code, null)
    else this.#run(groupId, decide, answer)
  }

  /** The same for a request that may wait for others. */
  #runParked<T>(
    what: string,
    groupId: string,
    decide: (machine: GroupMachine, now: Now, token: Token<T>) => GroupDecision<T>,
    answer: Answer<T>,
  ): void {
    const shell = groupId === '' ? errors.INVALID_GROUP_ID.code : this.#shellOf(groupId)
    if (typeof shell === 'number') answer(shell, null)
    else shell.runParked(what, decide, answer)
  }

  /** The shell of a group's partition, or the code that says why there is none here. */
  #shellOf(groupId: string): GroupShell | number {
    const { errorCode, partition } = this.findCoordinator(groupId)
    if (partition === -1) return errorCode
    return this.#shells.get(partition) ?? errors.NOT_COORDINATOR.code
  }
}
