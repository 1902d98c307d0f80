/**
 * A member of a classic group: joins, shares the partitions out when it leads, reads on from what is committed, commits
 * what it has read. It knows only what the broker tells it.
 */
import type { SimRandom } from '@odradek/broker/src/host/sim/index.ts'
import {
  encodeAssignment,
  encodeSubscription,
  errors,
  Fetch,
  FindCoordinator,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  OffsetCommit,
  OffsetFetch,
  parseAssignment,
  SyncGroup,
} from '@odradek/protocol'
import type { ClientSide } from './client-side.ts'
import { readRecords } from './read-records.ts'
import type { SimClient } from './sim-client.ts'

export interface GroupPlan {
  readonly group: string
  readonly topics: readonly string[]
  readonly sessionTimeoutMs: number
  /** For a static member. */
  readonly instanceId: string | null
}

interface Owned {
  readonly topic: string
  readonly partition: number
  position: number
}

const REBALANCE_TIMEOUT_MS = 1_000
/** A request that waits for other members. */
const JOIN_TIMEOUT_MS = 8_000

export class GroupMember {
  readonly #clients: ClientSide
  readonly #plan: GroupPlan
  readonly #random: SimRandom
  #memberId = ''
  #generation = -1
  #owned: Owned[] = []
  /** Rounds until it leaves and comes again. */
  #roundsLeft: number

  constructor(clients: ClientSide, plan: GroupPlan) {
    this.#clients = clients
    this.#plan = plan
    this.#random = clients.random()
    this.#roundsLeft = 20 + this.#random.below(400)
  }

  start(): void {
    this.#clients.start(`member of ${this.#plan.group}`, async (client) => {
      if (this.#clients.draining) return false
      if (this.#generation < 0) await this.#join(client)
      else await this.#round(client)
      await this.#clients.sleep(this.#random.between(1, 40))
      return true
    })
  }

  async #join(client: SimClient): Promise<void> {
    const { group, topics, sessionTimeoutMs, instanceId } = this.#plan
    const found = await client.request(FindCoordinator, 4, { keyType: 0, coordinatorKeys: [group] })
    if (found.coordinators[0]!.errorCode !== 0) return
    const joined = await client.request(
      JoinGroup,
      7,
      {
        groupId: group,
        sessionTimeoutMs,
        rebalanceTimeoutMs: REBALANCE_TIMEOUT_MS,
        memberId: this.#memberId,
        groupInstanceId: instanceId,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: encodeSubscription({ topics: [...topics] }) }],
      },
      JOIN_TIMEOUT_MS,
    )
    switch (joined.errorCode) {
      case errors.NONE.code:
        break
      case errors.MEMBER_ID_REQUIRED.code:
        this.#memberId = joined.memberId
        return
      default:
        this.#refused(joined.errorCode)
        return
    }
    this.#memberId = joined.memberId
    const members = joined.members.map(({ memberId }) => memberId)
    const synced = await client.request(
      SyncGroup,
      5,
      {
        groupId: group,
        generationId: joined.generationId,
        memberId: this.#memberId,
        groupInstanceId: instanceId,
        protocolType: 'consumer',
        protocolName: 'range',
        assignments: this.#share(members),
      },
      JOIN_TIMEOUT_MS,
    )
    if (synced.errorCode !== 0) {
      this.#refused(synced.errorCode)
      return
    }
    const assignment = parseAssignment(synced.assignment)
    this.#owned = (assignment?.assignedPartitions ?? []).flatMap(({ topic, partitions }) =>
      partitions.map((partition) => ({ topic, partition, position: 0 })),
    )
    this.#generation = joined.generationId
    await this.#resume(client)
  }

  #share(members: readonly string[]): { memberId: string; assignment: Buffer }[] {
    const { topics } = this.#clients.history
    const all = this.#plan.topics.flatMap((topic) => {
      return (topics.get(topic)?.partitions ?? []).map(({ index }) => ({ topic, index }))
    })
    return members.map((memberId, at) => {
      const mine = all.filter((_, place) => place % members.length === at)
      const assignedPartitions = this.#plan.topics.map((topic) => ({
        topic,
        partitions: mine.filter((each) => each.topic === topic).map(({ index }) => index),
      }))
      return { memberId, assignment: encodeAssignment({ assignedPartitions }) }
    })
  }

  /** Goes on where the group had got to. */
  async #resume(client: SimClient): Promise<void> {
    if (this.#owned.length === 0) return
    const { group } = this.#plan
    const { history } = this.#clients
    const { life } = history
    const answer = await client.request(OffsetFetch, 7, {
      groupId: group,
      topics: this.#owned.map(({ topic, partition }) => ({ name: topic, partitionIndexes: [partition] })),
    })
    if (answer.errorCode !== 0) {
      this.#refused(answer.errorCode)
      return
    }
    if (life !== history.life) return
    const position = this.#clients.offsetsPosition(group)
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, committedOffset, errorCode } of partitions) {
        if (errorCode !== 0) history.fail(`${group}: the offset of ${name}-${partitionIndex} has error ${errorCode}`)
        history
          .commits(group, name, partitionIndex)
          .told(committedOffset, this.#clients.time, life, position, this.#clients.areOffsetsSync)
        const owned = this.#owned.find(({ topic, partition }) => topic === name && partition === partitionIndex)
        if (owned) owned.position = Math.max(0, committedOffset)
      }
    }
  }

  async #round(client: SimClient): Promise<void> {
    const { group, instanceId } = this.#plan
    const member = { groupId: group, memberId: this.#memberId, groupInstanceId: instanceId }
    if (this.#roundsLeft-- === 0) {
      this.#roundsLeft = 20 + this.#random.below(400)
      await client.request(LeaveGroup, 4, {
        groupId: group,
        members: [{ memberId: this.#memberId, groupInstanceId: instanceId }],
      })
      this.#generation = -1
      this.#memberId = ''
      return
    }
    const beat = await client.request(Heartbeat, 4, { ...member, generationId: this.#generation })
    if (beat.errorCode !== 0) {
      this.#refused(beat.errorCode)
      return
    }
    if (await this.#fetch(client)) await this.#commit(client)
  }

  async #fetch(client: SimClient): Promise<boolean> {
    if (this.#owned.length === 0) return false
    const answer = await client.request(Fetch, 11, {
      maxWaitMs: 50,
      minBytes: 1,
      topics: this.#owned.map(({ topic, partition, position }) => ({
        topic,
        partitions: [{ partition, fetchOffset: position, partitionMaxBytes: 10_000 }],
      })),
    })
    let moved = false
    for (const { topic, partitions } of answer.responses) {
      for (const { partitionIndex, errorCode, records, logStartOffset } of partitions) {
        const owned = this.#owned.find((each) => each.topic === topic && each.partition === partitionIndex)!
        if (errorCode === errors.OFFSET_OUT_OF_RANGE.code) owned.position = logStartOffset
        if (errorCode !== 0 || records === null) continue
        const next = readRecords(records).at(-1)?.nextOffset ?? owned.position
        if (next !== owned.position) moved = true
        owned.position = next
      }
    }
    return moved
  }

  async #commit(client: SimClient): Promise<void> {
    const { group, instanceId } = this.#plan
    const { history } = this.#clients
    const { life } = history
    const begun = this.#owned.map((owned) => {
      const commits = history.commits(group, owned.topic, owned.partition)
      return { owned, commits, commit: commits.begin(owned.position, this.#clients.time, life) }
    })
    const answer = await client.request(OffsetCommit, 8, {
      groupId: group,
      generationIdOrMemberEpoch: this.#generation,
      memberId: this.#memberId,
      groupInstanceId: instanceId,
      topics: begun.map(({ owned }) => ({
        name: owned.topic,
        partitions: [{ partitionIndex: owned.partition, committedOffset: owned.position }],
      })),
    })
    if (life !== history.life) return
    const position = this.#clients.offsetsPosition(group)
    let refusal = 0
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        const { commits, commit } = begun.find(
          ({ owned }) => owned.topic === name && owned.partition === partitionIndex,
        )!
        if (errorCode === 0) {
          history.counts.commits++
          commits.acknowledged(commit, this.#clients.time, position, this.#clients.areOffsetsSync)
        } else {
          refusal = errorCode
          if (isFinal(errorCode)) commits.refused(commit)
        }
      }
    }
    if (refusal !== 0) this.#refused(refusal)
  }

  /** What a client does about an error: it joins again, in most cases as who it was. */
  #refused(errorCode: number): void {
    switch (errorCode) {
      case errors.REBALANCE_IN_PROGRESS.code:
      case errors.ILLEGAL_GENERATION.code:
      case errors.COORDINATOR_LOAD_IN_PROGRESS.code:
      case errors.COORDINATOR_NOT_AVAILABLE.code:
      case errors.NOT_COORDINATOR.code:
      case errors.KAFKA_STORAGE_ERROR.code:
      case errors.REQUEST_TIMED_OUT.code:
        this.#generation = -1
        return
      case errors.UNKNOWN_MEMBER_ID.code:
      case errors.FENCED_INSTANCE_ID.code:
        this.#generation = -1
        this.#memberId = ''
        return
      default:
        this.#clients.history.unexpected(`${this.#plan.group}: a member was refused with error ${errorCode}`)
        this.#generation = -1
        this.#memberId = ''
    }
  }
}

/** Whether a commit that was refused so has not happened and never will. */
function isFinal(errorCode: number): boolean {
  return (
    errorCode === errors.UNKNOWN_MEMBER_ID.code ||
    errorCode === errors.ILLEGAL_GENERATION.code ||
    errorCode === errors.FENCED_INSTANCE_ID.code ||
    errorCode === errors.COORDINATOR_LOAD_IN_PROGRESS.code
  )
}
