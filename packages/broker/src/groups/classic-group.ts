/**
 * A classic group: members agree on a generation, its leader divides the partitions.
 *
 *     Empty ──join──▶ PreparingRebalance ──all joined, or time is up──▶ CompletingRebalance ──leader's sync──▶ Stable
 *       ▲                 │      ▲                                              │                               │
 *       └──nobody left────┘      └────────a member comes, goes, changes or fails to sync────────────────────────┘
 *
 * What survives a restart is `committed`: the last group record. The rest is about the rebalance under way and is lost
 * with its coordinator; members then join again, or go on with their heartbeats where the generation was committed.
 */
import {
  type GroupMetadataValue,
  type JoinGroupResponse,
  parseSubscription,
  type SyncGroupResponse,
} from '@odradek/protocol'
import { cancelDue } from '../runtime/deadline-queue.ts'
import { complete, type Token } from '../runtime/decision.ts'
import type { Draft } from './draft.ts'
import { type GroupTimer, notDue } from './group-timer.ts'
import { Member, type MemberProtocol } from './member.ts'

/** As DescribeGroups spells them. Dead: there is no such group. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

const CONSUMER_PROTOCOL_TYPE = 'consumer'

export class ClassicGroup {
  readonly groupId: string
  readonly groupType = 'classic'
  /** The last group record; null for a group that only has offsets, or has not finished its first rebalance. */
  committed: GroupMetadataValue | null = null
  state: GroupState = 'Empty'
  previousState: GroupState = 'Dead'
  /** When it came into its state, wall clock; -1 when not known. */
  stateTimestampMs: number
  generation = 0
  /** What kind of members these are ("consumer", "connect"); null while nobody ever joined. */
  protocolType: string | null = null
  /** The protocol chosen for this generation. */
  protocolName: string | null = null
  leaderId: string | null = null
  readonly members = new Map<string, Member>()
  /** Member ids given out to clients that have not joined with them yet. */
  readonly pendingMembers = new Map<string, GroupTimer>()
  /** Members that have not sent SyncGroup in this generation. */
  readonly pendingSync = new Set<string>()
  /** What its consumers read; null when that cannot be known. */
  subscribedTopics: ReadonlySet<string> | null = null
  /** Somebody joined since the initial rebalance was last put off. */
  newMemberAdded = false
  /** The step that the initial rebalance was last put off by, and how long it may be put off still. */
  initialDelayMs = 0
  initialRemainingMs = 0
  readonly joinTimer: GroupTimer
  readonly syncTimer: GroupTimer

  readonly #staticMembers = new Map<string, string>()
  /** How many members have each protocol. */
  readonly #protocolCounts = new Map<string, number>()
  #awaitingJoinCount = 0

  constructor(groupId: string, stateTimestampMs: number) {
    this.groupId = groupId
    this.stateTimestampMs = stateTimestampMs
    this.joinTimer = { kind: 'join', group: this, ...notDue }
    this.syncTimer = { kind: 'sync', group: this, ...notDue }
  }

  get usesConsumerProtocol(): boolean {
    return this.protocolType === CONSUMER_PROTOCOL_TYPE
  }

  /** Members that wait in JoinGroup. */
  get awaitingJoinCount(): number {
    return this.#awaitingJoinCount
  }

  get hasAllMembersJoined(): boolean {
    return this.#awaitingJoinCount === this.members.size && this.pendingMembers.size === 0
  }

  get canRebalance(): boolean {
    return this.state === 'Stable' || this.state === 'CompletingRebalance' || this.state === 'Empty'
  }

  /** The most time a member asks for. */
  get rebalanceTimeoutMs(): number {
    let most = 0
    for (const member of this.members.values()) most = Math.max(most, member.rebalanceTimeoutMs)
    return most
  }

  /** The member that holds a static place, if any does. */
  staticMemberId(groupInstanceId: string): string | null {
    return this.#staticMembers.get(groupInstanceId) ?? null
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId
  }

  /** Whether a member of this type with these protocols could take part with all who are there. */
  supports(protocolType: string, protocols: readonly MemberProtocol[]): boolean {
    if (this.state === 'Empty') return protocolType !== '' && protocols.length > 0
    if (protocolType !== this.protocolType) return false
    return protocols.some((protocol) => (this.#protocolCounts.get(protocol.name) ?? 0) === this.members.size)
  }

  /** The protocol that all have and most prefer; null when there is none. */
  selectProtocol(): string | null {
    const candidates = new Set<string>()
    for (const [name, count] of this.#protocolCounts) if (count === this.members.size) candidates.add(name)
    const votes = new Map<string, number>()
    for (const member of this.members.values()) {
      const name = member.vote(candidates)
      if (name !== null) votes.set(name, (votes.get(name) ?? 0) + 1)
    }
    let elected: string | null = null
    let most = 0
    for (const [name, count] of votes) {
      if (count > most) {
        elected = name
        most = count
      }
    }
    return elected
  }

  /** Whether a consumer of the group reads `topic`; true when it has consumers but what they read is not known. */
  isSubscribedTo(topic: string): boolean {
    return this.subscribedTopics?.has(topic) ?? this.usesConsumerProtocol
  }

  add(member: Member): void {
    this.members.set(member.memberId, member)
    if (member.groupInstanceId !== null) this.#staticMembers.set(member.groupInstanceId, member.memberId)
    this.leaderId ??= member.memberId
    this.#count(member, 1)
    this.forgetPending(member.memberId)
  }

  /** Takes a member or a pending one out, with its timers. What it waits in must have been answered. */
  remove(memberId: string): void {
    const member = this.members.get(memberId)
    if (member !== undefined) {
      this.members.delete(memberId)
      this.#count(member, -1)
      if (member.groupInstanceId !== null) this.#staticMembers.delete(member.groupInstanceId)
      cancelDue(member.session)
    }
    if (this.leaderId === memberId) this.leaderId = this.members.keys().next().value ?? null
    this.forgetPending(memberId)
    this.pendingSync.delete(memberId)
  }

  /** Puts a static member that came back under another id in its old place. */
  replace(old: Member, member: Member): void {
    const wasLeader = this.isLeader(old.memberId)
    this.remove(old.memberId)
    member.assignment = old.assignment
    this.add(member)
    if (wasLeader) this.leaderId = member.memberId
  }

  /** Gives a member other protocols and timeouts. */
  update(
    member: Member,
    protocols: readonly MemberProtocol[],
    rebalanceTimeoutMs: number,
    sessionTimeoutMs: number,
  ): void {
    this.#count(member, -1)
    member.protocols = protocols
    this.#count(member, 1)
    member.rebalanceTimeoutMs = rebalanceTimeoutMs
    member.sessionTimeoutMs = sessionTimeoutMs
  }

  forgetPending(memberId: string): void {
    const timer = this.pendingMembers.get(memberId)
    if (timer === undefined) return
    cancelDue(timer)
    this.pendingMembers.delete(memberId)
  }

  awaitJoin(member: Member, token: Token<JoinGroupResponse>): void {
    if (member.joinToken === null) this.#awaitingJoinCount++
    member.joinToken = token
  }

  /** Answers the JoinGroup a member waits in, if it does. */
  answerJoin(draft: Draft, member: Member, response: JoinGroupResponse): void {
    if (member.joinToken === null) return
    draft.answers.push(complete(member.joinToken, response))
    member.joinToken = null
    this.#awaitingJoinCount--
  }

  /** Answers the SyncGroup a member waits in, if it does; says whether it did. */
  answerSync(draft: Draft, member: Member, response: SyncGroupResponse): boolean {
    if (member.syncToken === null) return false
    draft.answers.push(complete(member.syncToken, response))
    member.syncToken = null
    return true
  }

  transitionTo(state: GroupState, wallMs: number): void {
    this.previousState = this.state
    this.state = state
    this.stateTimestampMs = wallMs
  }

  /** Makes the group what its record says. Members it has already keep what the record does not tell: waits, sessions. */
  apply(value: GroupMetadataValue): void {
    const named = new Set(value.members.map((member) => member.memberId))
    for (const memberId of this.members.keys()) if (!named.has(memberId)) this.remove(memberId)
    for (const told of value.members) {
      const known = this.members.get(told.memberId)
      if (known !== undefined) {
        known.assignment = told.assignment
        continue
      }
      const protocols = [{ name: value.protocol ?? '', metadata: told.subscription }]
      const rebalanceTimeoutMs = told.rebalanceTimeout <= 0 ? told.sessionTimeout : told.rebalanceTimeout
      const member = new Member(this, told, rebalanceTimeoutMs, told.sessionTimeout, protocols)
      member.assignment = told.assignment
      this.add(member)
    }
    this.committed = value
    this.generation = value.generation
    this.protocolType = value.protocolType === '' ? null : value.protocolType
    this.protocolName = value.protocol
    this.leaderId = value.leader
    this.previousState = this.state
    this.state = this.members.size === 0 ? 'Empty' : 'Stable'
    this.stateTimestampMs = value.currentStateTimestamp
    this.subscribedTopics = this.readSubscriptions()
  }

  /** Ends all its timers: it is no more. */
  close(): void {
    cancelDue(this.joinTimer)
    cancelDue(this.syncTimer)
    for (const member of this.members.values()) cancelDue(member.session)
    for (const timer of this.pendingMembers.values()) cancelDue(timer)
  }

  /** What the members subscribe to in the chosen protocol; null when one of them cannot be read, or they are no consumers. */
  readSubscriptions(): ReadonlySet<string> | null {
    if (!this.usesConsumerProtocol) return null
    const topics = new Set<string>()
    for (const member of this.members.values()) {
      const subscription = parseSubscription(member.metadata(this.protocolName))
      if (subscription === null) return null
      for (const topic of subscription.topics) topics.add(topic)
    }
    return topics
  }

  #count(member: Member, by: number): void {
    for (const name of new Set(member.protocols.map((protocol) => protocol.name))) {
      this.#protocolCounts.set(name, (this.#protocolCounts.get(name) ?? 0) + by)
      if (this.#protocolCounts.get(name) === 0) this.#protocolCounts.delete(name)
    }
  }
}
