/**
 * A member of a classic group that commits as it reads, and joins again whenever the broker or the group wants it. It shares
 * a ledger with the other members of its group: what was read and committed, and whether that went on without a gap.
 */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  encodeAssignment,
  encodeSubscription,
  errors,
  FindCoordinator,
  Heartbeat,
  JoinGroup,
  LeaveGroup,
  OffsetCommit,
  OffsetFetch,
  parseAssignment,
  SyncGroup,
} from '@odradek/protocol'
import type { WireClient } from '../wire-client.ts'
import { PersistentClient } from './persistent-client.ts'
import { fetchRecords } from './read-partition.ts'

interface PartitionLedger {
  /** What was acknowledged last, and the greatest that was asked for. */
  committed: number
  asked: number
  /** Records below were delivered. */
  delivered: number
}

/** What a group did so far. */
export class GroupLedger {
  readonly group: string
  readonly topic: string
  readonly partitions: PartitionLedger[]
  /** How often a member went on from what was committed. */
  resumed = 0
  joined = 0

  constructor(group: string, topic: string, partitions: number) {
    this.group = group
    this.topic = topic
    this.partitions = Array.from({ length: partitions }, () => ({ committed: 0, asked: 0, delivered: 0 }))
  }

  /** A member was told where the group is in a partition: where it was committed last, or where a lost answer would have. */
  resume(partition: number, offset: number): void {
    const ledger = this.partitions[partition]!
    const found = Math.max(offset, 0)
    const where = `${this.group} ${this.topic}-${partition}`
    assert.ok(found >= ledger.committed, `${where} resumes at ${found}, below ${ledger.committed}, which was committed`)
    assert.ok(found <= ledger.asked, `${where} resumes at ${found}, and nobody committed more than ${ledger.asked}`)
    assert.ok(found <= ledger.delivered, `${where} resumes at ${found}, and skips what follows ${ledger.delivered}`)
    ledger.committed = found
    this.resumed++
  }

  /** Waits until all that is in the topic was delivered and committed. */
  async caughtUp(client: WireClient): Promise<void> {
    for (const [partition, ledger] of this.partitions.entries()) {
      const { highWatermark } = await fetchRecords(client, this.topic, partition, ledger.committed)
      while (ledger.committed < highWatermark) await sleep(5)
      assert.equal(ledger.delivered, highWatermark)
    }
  }

  deliver(partition: number, position: number, offset: number): void {
    const ledger = this.partitions[partition]!
    const where = `${this.group} ${this.topic}-${partition}`
    assert.equal(offset, position, `${where} goes on without a gap`)
    assert.ok(offset <= ledger.delivered, `${where} skips from ${ledger.delivered} to ${offset}`)
    ledger.delivered = Math.max(ledger.delivered, offset + 1)
  }
}

const JOIN_ANEW: readonly number[] = [errors.UNKNOWN_MEMBER_ID.code, errors.FENCED_INSTANCE_ID.code]
const JOIN_AGAIN: readonly number[] = [
  errors.REBALANCE_IN_PROGRESS.code,
  errors.ILLEGAL_GENERATION.code,
  errors.NOT_COORDINATOR.code,
  errors.COORDINATOR_LOAD_IN_PROGRESS.code,
  errors.COORDINATOR_NOT_AVAILABLE.code,
]

export interface MemberOptions {
  /** Also how long a rebalance waits for it [6000]. */
  readonly sessionTimeoutMs?: number
  /** It leaves and comes again after so many rounds [never]. */
  readonly restlessRounds?: number
}

export class CommittingMember {
  readonly #ledger: GroupLedger
  readonly #client: PersistentClient
  readonly #sessionTimeoutMs: number
  readonly #restlessRounds: number
  #memberId = ''
  #generation = -1
  #rounds = 0
  /** Positions by partition. */
  #positions = new Map<number, number>()
  /** The connection over which it was last told the group's offsets. */
  #resumedOver: WireClient | null = null
  #isEnding = false

  constructor(ledger: GroupLedger, port: number, options: MemberOptions = {}) {
    this.#ledger = ledger
    this.#sessionTimeoutMs = options.sessionTimeoutMs ?? 6_000
    this.#restlessRounds = options.restlessRounds ?? Number.POSITIVE_INFINITY
    this.#client = new PersistentClient(port, (client) => this.#turn(client))
  }

  get partitions(): readonly number[] {
    return this.#generation < 0 ? [] : [...this.#positions.keys()]
  }

  get generation(): number {
    return this.#generation
  }

  /** Rejects when it saw something wrong. */
  get failed(): Promise<never> {
    return this.#client.failed
  }

  /** Leaves the group. */
  async end(): Promise<void> {
    this.#isEnding = true
    await this.#client.done
  }

  async #turn(client: WireClient): Promise<boolean> {
    if (this.#isEnding) {
      if (this.#memberId !== '')
        await client.send(LeaveGroup, 4, { groupId: this.#ledger.group, members: [{ memberId: this.#memberId }] })
      return false
    }
    if (this.#generation < 0) await this.#join(client)
    // The broker was away: what it says now is what counts.
    else if (client !== this.#resumedOver) await this.#resume(client, this.partitions, this.#generation)
    else await this.#round(client)
    return true
  }

  async #join(client: WireClient): Promise<void> {
    const { group, topic } = this.#ledger
    const found = await client.send(FindCoordinator, 4, { keyType: 0, coordinatorKeys: [group] })
    if (found.coordinators[0]!.errorCode !== 0) return
    const joined = await client.send(JoinGroup, 7, {
      groupId: group,
      sessionTimeoutMs: this.#sessionTimeoutMs,
      rebalanceTimeoutMs: this.#sessionTimeoutMs,
      memberId: this.#memberId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: encodeSubscription({ topics: [topic] }) }],
    })
    if (joined.errorCode === errors.MEMBER_ID_REQUIRED.code) this.#memberId = joined.memberId
    else if (joined.errorCode !== 0) this.#refused(joined.errorCode)
    if (joined.errorCode !== 0) return
    this.#memberId = joined.memberId
    this.#ledger.joined++
    const synced = await client.send(SyncGroup, 5, {
      groupId: group,
      generationId: joined.generationId,
      memberId: this.#memberId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: this.#share(joined.members.map(({ memberId }) => memberId)),
    })
    if (synced.errorCode !== 0) {
      this.#refused(synced.errorCode)
      return
    }
    const assigned = parseAssignment(synced.assignment)?.assignedPartitions[0]?.partitions ?? []
    await this.#resume(client, assigned, joined.generationId)
  }

  #share(members: readonly string[]): { memberId: string; assignment: Buffer }[] {
    const { topic, partitions } = this.#ledger
    const all = [...partitions.keys()]
    return members.map((memberId, at) => ({
      memberId,
      assignment: encodeAssignment({
        assignedPartitions: [{ topic, partitions: all.filter((index) => index % members.length === at) }],
      }),
    }))
  }

  async #resume(client: WireClient, assigned: readonly number[], generation: number): Promise<void> {
    const { group, topic } = this.#ledger
    const positions = new Map<number, number>()
    if (assigned.length > 0) {
      const answer = await client.send(OffsetFetch, 7, {
        groupId: group,
        topics: [{ name: topic, partitionIndexes: [...assigned] }],
      })
      if (answer.errorCode !== 0) {
        this.#refused(answer.errorCode)
        return
      }
      for (const { partitionIndex, committedOffset, errorCode } of answer.topics[0]!.partitions) {
        assert.equal(errorCode, 0)
        this.#ledger.resume(partitionIndex, committedOffset)
        positions.set(partitionIndex, Math.max(committedOffset, 0))
      }
    }
    this.#positions = positions
    this.#generation = generation
    this.#resumedOver = client
  }

  async #round(client: WireClient): Promise<void> {
    const { group } = this.#ledger
    this.#rounds++
    if (this.#rounds % this.#restlessRounds === 0) {
      await client.send(LeaveGroup, 4, { groupId: group, members: [{ memberId: this.#memberId }] })
      this.#generation = -1
      this.#memberId = ''
      return
    }
    const beat = await client.send(Heartbeat, 4, {
      groupId: group,
      generationId: this.#generation,
      memberId: this.#memberId,
    })
    if (beat.errorCode !== 0) {
      this.#refused(beat.errorCode)
      return
    }
    for (const [partition, position] of this.#positions) await this.#read(client, partition, position)
  }

  async #read(client: WireClient, partition: number, position: number): Promise<void> {
    const { group, topic, partitions } = this.#ledger
    if (this.#generation < 0) return
    const options = { maxWaitMs: 10, maxBytes: 2_000 }
    const { records } = await fetchRecords(client, topic, partition, position, options)
    let next = position
    for (const { offset } of records) this.#ledger.deliver(partition, next++, offset)
    if (next === position) return
    const ledger = partitions[partition]!
    ledger.asked = Math.max(ledger.asked, next)
    const { topics } = await client.send(OffsetCommit, 8, {
      groupId: group,
      generationIdOrMemberEpoch: this.#generation,
      memberId: this.#memberId,
      topics: [{ name: topic, partitions: [{ partitionIndex: partition, committedOffset: next }] }],
    })
    const { errorCode } = topics[0]!.partitions[0]!
    if (errorCode !== 0) {
      this.#refused(errorCode)
      return
    }
    ledger.committed = Math.max(ledger.committed, next)
    this.#positions.set(partition, next)
  }

  #refused(errorCode: number): void {
    assert.ok(
      JOIN_AGAIN.includes(errorCode) || JOIN_ANEW.includes(errorCode),
      `a member is refused: error ${errorCode}`,
    )
    if (JOIN_ANEW.includes(errorCode)) this.#memberId = ''
    this.#generation = -1
  }
}
