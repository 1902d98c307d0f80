import {
  encodeSubscription,
  type JoinGroupRequest,
  type JoinGroupResponse,
  type OffsetCommitRequest,
  type SyncGroupRequest,
  type SyncGroupResponse,
  ZERO_UUID,
} from '@odradek/protocol'
import { defaultGroupLimits, type GroupLimits } from '../src/groups/group-limits.ts'
import { type GroupDecision, GroupMachine } from '../src/groups/group-machine.ts'
import type { GroupRecord } from '../src/groups/group-record.ts'
import type { Now, Token } from '../src/runtime/decision.ts'

/** What became of a request so far: `response` is null while it waits. */
export interface Outcome<T> {
  response: T | null
  readonly records: readonly GroupRecord[]
}

export interface JoinOptions extends Partial<JoinGroupRequest> {
  readonly apiVersion?: number
  readonly topics?: readonly string[]
}

export interface CommitOptions extends Partial<Omit<OffsetCommitRequest, 'topics'>> {
  readonly apiVersion?: number
  readonly leaderEpoch?: number
  readonly metadata?: string | null
  readonly topicId?: string
}

/** Tells stories to a group machine: requests in its words, time by hand, records replayed as a shell would. */
export class GroupBench {
  readonly machine: GroupMachine
  /** All records so far, in order. */
  readonly records: GroupRecord[] = []
  now: Now
  readonly #waiting = new Map<number, Outcome<unknown>>()
  #lastToken = 0
  #lastMember = 0

  constructor(limits: Partial<GroupLimits> = {}, now: Now = { wallMs: 1_000_000, monotonicMs: 0 }) {
    this.machine = new GroupMachine({ ...defaultGroupLimits, initialRebalanceDelayMs: 0, ...limits })
    this.now = now
    this.#take(this.machine.loaded(this.now))
  }

  /** A second machine made from the records of this one, as after a restart. */
  reloaded(limits: Partial<GroupLimits> = {}): GroupBench {
    const bench = new GroupBench(limits, this.now)
    for (const record of this.records) bench.replay(record)
    bench.records.push(...this.records)
    bench.#lastMember = this.#lastMember
    bench.#take(bench.machine.loaded(this.now))
    return bench
  }

  replay(record: GroupRecord): void {
    this.machine.replay(record)
  }

  /** Requests that wait. */
  get waitingCount(): number {
    return this.#waiting.size
  }

  /** Lets time pass; all that comes due happens at its time. Returns the records of it. */
  pass(ms: number): GroupRecord[] {
    const records: GroupRecord[] = []
    const until = this.now.monotonicMs + ms
    while (this.machine.nextDeadline() <= until) {
      this.#moveTo(Math.max(this.machine.nextDeadline(), this.now.monotonicMs))
      records.push(...this.#take(this.machine.due(this.now)).records)
    }
    this.#moveTo(until)
    return records
  }

  join(memberId: string, options: JoinOptions = {}): Outcome<JoinGroupResponse> {
    const { apiVersion = 9, topics = ['orders'], ...request } = options
    const token = ++this.#lastToken as Token<JoinGroupResponse>
    const full: JoinGroupRequest = {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      memberId,
      groupInstanceId: null,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: encodeSubscription({ topics: [...topics] }) }],
      reason: null,
      ...request,
    }
    const newMemberId = memberId === '' ? `m${++this.#lastMember}` : ''
    const context = { apiVersion, clientId: 'app', clientHost: '/127.0.0.1', newMemberId }
    return this.#take(this.machine.join(full, context, this.now, token), token)
  }

  /** A new dynamic member in the way of old clients: it waits at once. */
  enter(options: JoinOptions = {}): Outcome<JoinGroupResponse> {
    return this.join('', { apiVersion: 3, ...options })
  }

  sync(
    memberId: string,
    generationId: number,
    assignments: Record<string, string> = {},
    request: Partial<SyncGroupRequest> = {},
  ): Outcome<SyncGroupResponse> {
    const token = ++this.#lastToken as Token<SyncGroupResponse>
    const full: SyncGroupRequest = {
      groupId: 'g',
      generationId,
      memberId,
      groupInstanceId: null,
      protocolType: null,
      protocolName: null,
      assignments: Object.entries(assignments).map(([id, text]) => ({ memberId: id, assignment: Buffer.from(text) })),
      ...request,
    }
    return this.#take(this.machine.sync(full, this.now, token), token)
  }

  heartbeat(memberId: string, generationId: number, groupInstanceId: string | null = null, groupId = 'g'): number {
    const request = { groupId, generationId, memberId, groupInstanceId }
    return this.#take(this.machine.heartbeat(request, this.now)).response!
  }

  leave(memberId: string, groupInstanceId: string | null = null, groupId = 'g') {
    const outcome = this.#take(this.machine.leave(groupId, [{ memberId, groupInstanceId }], this.now))
    return { errorCode: outcome.response![0]!.errorCode, records: outcome.records }
  }

  leaveMany(leavers: { memberId: string; groupInstanceId: string | null }[]) {
    return this.#take(this.machine.leave('g', leavers, this.now))
  }

  /** Commits one offset. */
  commit(topic: string, partition: number, offset: number, options: CommitOptions = {}) {
    const { apiVersion = 9, leaderEpoch = -1, metadata = '', topicId = ZERO_UUID, ...request } = options
    const partitions = [
      {
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: leaderEpoch,
        committedMetadata: metadata,
      },
    ]
    const full: OffsetCommitRequest = {
      groupId: 'g',
      generationIdOrMemberEpoch: -1,
      memberId: '',
      groupInstanceId: null,
      retentionTimeMs: -1,
      topics: [{ name: topic, topicId, partitions }],
      ...request,
    }
    const outcome = this.#take(this.machine.commitOffsets(full, apiVersion, this.now))
    return { errorCode: outcome.response![0]!.partitions[0]!.errorCode, records: outcome.records }
  }

  /** The committed offset of one partition, -1 for none. */
  fetch(topic: string, partition: number, groupId = 'g', topicId: string = ZERO_UUID): number {
    const topics = [{ name: topic, topicId, partitionIndexes: [partition] }]
    return this.#take(this.machine.fetchOffsets(groupId, topics)).response![0]!.partitions[0]!.committedOffset
  }

  /** Runs any other decision. */
  do<T>(decision: GroupDecision<T>): Outcome<T> {
    return this.#take(decision)
  }

  /** Members with assignments, in a stable generation; the first is the leader. Returns their ids. */
  stableGroup(count: number, options: JoinOptions = {}): { memberIds: string[]; generation: number } {
    const first = this.enter(options)
    const memberIds = [first.response!.memberId!]
    for (let index = 1; index < count; index++) {
      const outcome = this.enter(options)
      // Those who are there come back for the next generation.
      for (const memberId of memberIds) this.join(memberId, options)
      memberIds.push(outcome.response!.memberId!)
    }
    const generation = this.machine.groups.get(options.groupId ?? 'g')!.generation
    const request = { groupId: options.groupId ?? 'g' }
    for (const memberId of memberIds.slice(1)) this.sync(memberId, generation, {}, request)
    const assignments = Object.fromEntries(memberIds.map((memberId) => [memberId, `of ${memberId}`]))
    this.sync(memberIds[0]!, generation, assignments, request)
    return { memberIds, generation }
  }

  /** All that must survive a restart, in a comparable form. */
  hardState(): unknown {
    const { groups, offsets } = this.machine
    const committed = [...groups.values()]
      .filter((group) => group.committed !== null)
      .map((group) => [group.groupId, group.committed] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    const read = [...offsets.groupIds()]
      .sort()
      .map((groupId) => [
        groupId,
        [...offsets.topics(groupId)]
          .flatMap(([topic, partitions]) =>
            [...partitions].map(([partition, value]) => [topic, partition, value] as const),
          )
          .sort(([a, p], [b, q]) => (a === b ? p - q : a < b ? -1 : 1)),
      ])
    return { committed, read }
  }

  #take<T>(decision: GroupDecision<T>, token?: number): Outcome<T> {
    const outcome: Outcome<T> = { response: decision.response, records: decision.records }
    for (const record of decision.records) {
      this.machine.replay(record)
      this.records.push(record)
    }
    if (decision.response === null && token !== undefined) this.#waiting.set(token, outcome as Outcome<unknown>)
    for (const { token: ended, response } of decision.answers ?? []) {
      const waiting = this.#waiting.get(ended)
      if (waiting === undefined) throw new Error(`Token ${ended} is answered but does not wait.`)
      this.#waiting.delete(ended)
      waiting.response = response
    }
    return outcome
  }

  #moveTo(monotonicMs: number): void {
    this.now = { wallMs: this.now.wallMs + monotonicMs - this.now.monotonicMs, monotonicMs }
  }
}
