import type { SimHost } from '@odradek/broker/src/host/sim/index.ts'
import { errors, Fetch, FindCoordinator, OffsetCommit, OffsetFetch } from '@odradek/protocol'
import { readRecords } from '../read-records.ts'
import type { SimClient } from '../sim-client.ts'
import type { ClusterClients, ClusterSession } from './cluster-clients.ts'
import type { PartitionTale } from './cluster-history.ts'

export interface ConsumerPlan {
  readonly group: string
  /** Of twelve turns so many are reads; of the others a third goes back. */
  readonly reads: number
  /** The longest pause between two turns. */
  readonly pauseMsMax: number
  /** Where it is; null for where all others are. */
  readonly host: SimHost | null
}

/**
 * Reads a partition from its leader, whoever that is, and commits where it is for a group; now and then it goes back to what
 * is committed, which must never be less than what was acknowledged.
 */
export class ClusterConsumer {
  readonly #clients: ClusterClients
  readonly #tale: PartitionTale
  readonly #plan: ConsumerPlan
  #position = 0
  /** Acknowledged to be committed. */
  #committed = -1
  /** Perhaps committed: an answer did not come. */
  #attempted = -1

  constructor(clients: ClusterClients, tale: PartitionTale, plan: ConsumerPlan) {
    this.#clients = clients
    this.#tale = tale
    this.#plan = plan
  }

  /** Known to be committed; -1 for nothing. */
  get committed(): number {
    return this.#committed
  }

  /** The greatest offset that anybody ever asked to commit; -1 for none. */
  get attempted(): number {
    return this.#attempted
  }

  start(): void {
    const { topic, index } = this.#tale
    const { group, host } = this.#plan
    const name = `consumer ${group} of ${topic}-${index}`
    this.#clients.start(name, (session) => this.#turn(session), host ?? undefined)
  }

  async #turn(session: ClusterSession): Promise<boolean> {
    if (this.#clients.draining) return false
    const choice = session.random.below(12)
    const { reads, pauseMsMax } = this.#plan
    const others = 12 - reads
    if (pauseMsMax > 0) await this.#clients.sleep(session.random.between(0, pauseMsMax))
    if (3 * choice < others) await this.#goBack(session)
    else if (choice < others) await this.#commit(session)
    else await this.#read(session)
    return true
  }

  async #read(session: ClusterSession): Promise<void> {
    const leader = await session.leaderOf(this.#tale.topic, this.#tale.index)
    const found = leader === null ? null : await fetchOnce(leader, this.#tale, this.#position, 200)
    if (found === null) {
      session.forgetLeaders()
      await this.#clients.sleep(session.random.between(1, 40))
      return
    }
    for (const { offset, id } of found.records) {
      if (offset < this.#position) continue
      this.#tale.read(offset, id)
      this.#clients.history.counts.read++
    }
    this.#position = Math.max(this.#position, found.next)
  }

  async #commit(session: ClusterSession): Promise<void> {
    const { group } = this.#plan
    const coordinator = await coordinatorOf(session, this.#clients, group)
    if (coordinator === null) return
    const { topic, index } = this.#tale
    const offset = this.#position
    this.#attempted = Math.max(this.#attempted, offset)
    const { topics } = await coordinator.request(OffsetCommit, 8, {
      groupId: group,
      generationIdOrMemberEpoch: -1,
      memberId: '',
      topics: [{ name: topic, partitions: [{ partitionIndex: index, committedOffset: offset }] }],
    })
    if (topics[0]!.partitions[0]!.errorCode !== 0) return
    this.#committed = offset
    this.#clients.history.counts.commits++
  }

  async #goBack(session: ClusterSession): Promise<void> {
    const { group } = this.#plan
    const committedOffset = await committedBy(session, this.#clients, group, this.#tale)
    if (committedOffset === null) return
    const { topic, index } = this.#tale
    const { fail } = this.#clients.history
    if (committedOffset < this.#committed)
      fail(`group ${group} went back from ${this.#committed} to ${committedOffset} in ${topic}-${index}`)
    if (committedOffset > this.#attempted)
      fail(`group ${group} is at ${committedOffset} in ${topic}-${index}, and never was beyond ${this.#attempted}`)
    this.#position = Math.max(0, committedOffset)
    this.#committed = committedOffset
  }
}

/** What a group has committed, -1 for nothing, as whoever is said to be its coordinator tells it; null where nobody does. */
export async function committedBy(
  session: ClusterSession,
  clients: ClusterClients,
  group: string,
  { topic, index }: PartitionTale,
): Promise<number | null> {
  const coordinator = await coordinatorOf(session, clients, group)
  if (coordinator === null) return null
  const { errorCode, topics } = await coordinator.request(OffsetFetch, 7, {
    groupId: group,
    topics: [{ name: topic, partitionIndexes: [index] }],
    requireStable: false,
  })
  const partition = topics?.[0]?.partitions[0]
  return errorCode === 0 && partition?.errorCode === 0 ? partition.committedOffset : null
}

/** The coordinator of a group, as any broker names it. */
async function coordinatorOf(
  session: ClusterSession,
  clients: ClusterClients,
  group: string,
): Promise<SimClient | null> {
  const any = session.any()
  const answer = await any?.request(FindCoordinator, 4, { keyType: 0, coordinatorKeys: [group] })
  const found = answer?.coordinators?.[0]
  const client = found === undefined || found.errorCode !== 0 ? null : session.to(found.nodeId)
  if (client === null) await clients.sleep(session.random.between(1, 40))
  return client
}

/** One fetch at a leader: null where it does not serve. */
export async function fetchOnce(
  leader: SimClient,
  { topic, index }: PartitionTale,
  position: number,
  maxWaitMs: number,
): Promise<{ records: { offset: number; id: string }[]; next: number; highWatermark: number } | null> {
  const { responses } = await leader.request(Fetch, 12, {
    maxWaitMs,
    minBytes: 1,
    topics: [{ topic, partitions: [{ partition: index, fetchOffset: position, partitionMaxBytes: 20_000 }] }],
  })
  const { errorCode, records, highWatermark } = responses[0]!.partitions[0]!
  if (errorCode === errors.OFFSET_OUT_OF_RANGE.code) throw new Error(`${topic}-${index} has no offset ${position}`)
  if (errorCode !== 0) return null
  const batches = records === null ? [] : readRecords(records)
  const next = batches.at(-1)?.nextOffset ?? position
  return { records: batches.flatMap((batch) => batch.records), next, highWatermark }
}
