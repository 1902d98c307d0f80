/** The replicas of one cluster: how they stand, what is being moved, and what a person may do about it. */
import {
  type ClusterMetadata,
  type ClusterStanding,
  clusterStanding,
  describeConfigs,
  findAdminListeners,
  goneBrokers,
  inTime,
  listReassignments,
  mapBounded,
  type Reassignment,
  RefusedError,
  type SilentBroker,
  UnsupportedError,
} from '@odradek/client'
import type { ClusterSession } from '../cluster-session.ts'
import { Snapshot } from '../snapshot.ts'
import { movesByPlace, type PartitionFault, type PartitionStanding, partitionStanding } from './partition-standing.ts'
import { RecentHistory } from './recent-history.ts'

export interface GoneBroker {
  readonly nodeId: number
  /** Where it was; null: the cluster does not tell. */
  readonly address: string | null
  /** Partitions that have a replica there. */
  readonly replicas: number
  /** Of them those that have no other replica. */
  readonly alone: number
}

export interface ReplicationOverview {
  /** -1: none. */
  readonly controllerId: number
  /** null: the cluster does not tell. */
  readonly controllerEpoch: number | null
  /** Why the metadata cannot be changed now, as brokers tell; none: it can, or nobody tells. */
  readonly storeProblems: readonly string[]
  readonly brokers: readonly {
    readonly nodeId: number
    readonly epoch: number | null
    readonly isStopping: boolean
    readonly leaders: number
    /** How many it would lead if every preferred leader did. */
    readonly preferred: number
  }[]
  /** Brokers that are not there, and have replicas or were not unregistered. */
  readonly gone: readonly GoneBroker[]
  readonly partitions: { readonly total: number } & Readonly<Record<PartitionFault, number>>
  /** Topics that lack replicas, and whose `min.insync.replicas` is not known: they may be below it. */
  readonly minIsrUnknown: number
  /** Partitions whose replicas are being moved; null: the cluster does not tell, or not now. */
  readonly moving: number | null
  /** Whether who would tell of moves does not answer now. */
  readonly isMovingLate: boolean
  /** Brokers that do not tell, and why: epochs and who stops are known from the others. */
  readonly silent: readonly SilentBroker[]
}

export interface PartitionQuery {
  readonly only: 'faulty' | 'all' | 'moving' | PartitionFault
  readonly search: string
  readonly page: number
  readonly pageSize: number
}

export interface PartitionPage {
  readonly rows: readonly PartitionStanding[]
  readonly total: number
}

const STANDING_AGE_MS_MAX = 4_000
/** Before a cluster that tells nothing of its standing is asked again: any Kafka that is no Odradek. */
const UNTOLD_MS = 15_000
const WAIT_MS_MAX = 2_500
/** What was told so long ago is shown while somebody lets us wait. */
const RECENT_MS_MAX = 30_000
const MOVES_AGE_MS_MAX = 1_000
const MIN_ISR_AGE_MS_MAX = 30_000
/** One that was not told is asked for again sooner. */
const MIN_ISR_RETRY_MS = 5_000
/** Topics that are asked for their `min.insync.replicas` at a time, of those with a partition that lacks a replica: the rest comes next. */
const MIN_ISR_TOPICS_MAX = 1_000

export class ReplicationDesk {
  /** What happened lately. */
  readonly recent: RecentHistory
  readonly #session: ClusterSession
  readonly #standing: Snapshot<ClusterStanding | null>
  readonly #moves: Snapshot<readonly Reassignment[] | null>
  readonly #minIsr = new Map<string, { readonly untilMs: number; readonly value: number | null }>()
  #untoldUntilMs = Number.NEGATIVE_INFINITY

  constructor(session: ClusterSession) {
    this.#session = session
    this.recent = new RecentHistory(session.cluster)
    this.#standing = new Snapshot(STANDING_AGE_MS_MAX, () => this.#learnStanding())
    this.#moves = new Snapshot(MOVES_AGE_MS_MAX, () => this.#learnMoves())
  }

  /** Something was changed: what is known is asked for again. */
  forget(): void {
    this.#session.forget()
    this.#moves.forget()
    this.#standing.forget()
  }

  /** What is being moved; null where the cluster does not serve that (before Kafka 2.4). Throws where nobody answers. */
  moves(): Promise<readonly Reassignment[] | null> {
    return this.#moves.get()
  }

  async overview(): Promise<ReplicationOverview> {
    const [metadata, moves, standing, known] = await Promise.all([
      this.#session.cluster.metadata(),
      soon(this.#moves),
      soon(this.#standing),
      inTime(goneBrokers(this.#session.cluster), WAIT_MS_MAX).catch(() => null),
    ])
    const { rows, minIsrUnknown } = await this.#all(metadata, moves ?? null)
    const partitions = { total: 0, leaderless: 0, underMinIsr: 0, underReplicated: 0, notPreferred: 0 }
    const leaders = new Map<number, number>()
    const preferred = new Map<number, number>()
    const replicas = new Map<number, { replicas: number; alone: number }>()
    for (const row of rows) {
      partitions.total += 1
      for (const fault of row.faults) partitions[fault] += 1
      if (row.leader >= 0) leaders.set(row.leader, (leaders.get(row.leader) ?? 0) + 1)
      const [first] = row.replicas
      if (first !== undefined) preferred.set(first, (preferred.get(first) ?? 0) + 1)
      for (const id of row.replicas) {
        const count = replicas.get(id) ?? { replicas: 0, alone: 0 }
        count.replicas += 1
        if (row.replicas.length === 1) count.alone += 1
        replicas.set(id, count)
      }
    }
    const alive = new Set(metadata.brokers.map(({ nodeId }) => nodeId))
    const away = new Map((known ?? []).map(({ nodeId, host, port }) => [nodeId, `${host}:${port}`]))
    const gone = [...new Set([...away.keys(), ...replicas.keys()])].filter((nodeId) => !alive.has(nodeId))
    return {
      controllerId: metadata.controllerId,
      controllerEpoch: standing?.controllerEpoch ?? null,
      storeProblems: standing?.storeProblems ?? [],
      brokers: metadata.brokers.map(({ nodeId }) => {
        const known = standing?.brokers.find((broker) => broker.nodeId === nodeId)
        return {
          nodeId,
          epoch: known?.epoch ?? null,
          isStopping: known?.isStopping ?? false,
          leaders: leaders.get(nodeId) ?? 0,
          preferred: preferred.get(nodeId) ?? 0,
        }
      }),
      gone: gone
        .sort((a, b) => a - b)
        .map((nodeId) => ({
          nodeId,
          address: away.get(nodeId) ?? null,
          ...(replicas.get(nodeId) ?? { replicas: 0, alone: 0 }),
        })),
      partitions,
      minIsrUnknown,
      moving: moves?.length ?? null,
      isMovingLate: moves === undefined,
      silent: standing?.silent ?? [],
    }
  }

  /** Partitions by what is wrong with them, then by name. */
  async partitions({ only, search, page, pageSize }: PartitionQuery): Promise<PartitionPage> {
    const [metadata, moves] = await Promise.all([this.#session.cluster.metadata(), soon(this.#moves)])
    const words = search.toLowerCase().split(/\s+/).filter(Boolean)
    const all = await this.#all(metadata, moves ?? null)
    const rows = all.rows.filter(({ topic, partition, faults, isMoving }) => {
      const isWanted =
        only === 'all' || (only === 'faulty' ? faults.length > 0 : only === 'moving' ? isMoving : faults.includes(only))
      const name = `${topic}-${partition}`.toLowerCase()
      return isWanted && words.every((word) => name.includes(word))
    })
    rows.sort((a, b) => weightOf(a) - weightOf(b) || compareNames(a, b))
    return { rows: rows.slice(page * pageSize, (page + 1) * pageSize), total: rows.length }
  }

  async #all(metadata: ClusterMetadata, moves: readonly Reassignment[] | null) {
    const moveOf = movesByPlace(moves ?? [])
    const places = [...metadata.topics.values()].flatMap(({ name, partitions }) =>
      partitions.map((place) => ({ topic: name, place })),
    )
    const lacking = new Set(
      places.flatMap(({ topic, place }) => (place.isr.length < place.replicas.length ? [topic] : [])),
    )
    await this.#learnMinIsr([...lacking])
    const minIsrOf = (topic: string) => this.#minIsr.get(topic)?.value ?? null
    const rows = places.map(({ topic, place }): PartitionStanding => {
      return partitionStanding(topic, place, moveOf(topic, place.partition), minIsrOf(topic))
    })
    return { rows, minIsrUnknown: [...lacking].filter((topic) => minIsrOf(topic) === null).length }
  }

  async #learnMinIsr(topics: readonly string[]): Promise<void> {
    const now = performance.now()
    for (const [topic, { untilMs }] of this.#minIsr) if (now > untilMs) this.#minIsr.delete(topic)
    const asked = topics.filter((topic) => !this.#minIsr.has(topic)).slice(0, MIN_ISR_TOPICS_MAX)
    await mapBounded(asked, 8, async (name) => {
      const key = 'min.insync.replicas'
      const entries = await describeConfigs(this.#session.cluster, { type: 'topic', name }, [key]).catch(() => [])
      const told = Number(entries.find((entry) => entry.name === key)?.value ?? Number.NaN)
      const value = Number.isInteger(told) ? told : null
      this.#minIsr.set(name, { value, untilMs: now + (value === null ? MIN_ISR_RETRY_MS : MIN_ISR_AGE_MS_MAX) })
    })
  }

  async #learnStanding(): Promise<ClusterStanding | null> {
    if (performance.now() < this.#untoldUntilMs) return null
    const { cluster, settings } = this.#session
    const standing = await findAdminListeners(cluster, settings.adminAddress)
      .then(clusterStanding)
      .catch((error: Error) => {
        if (error instanceof RefusedError) return null
        throw error
      })
    if (standing === null) this.#untoldUntilMs = performance.now() + UNTOLD_MS
    return standing
  }

  async #learnMoves(): Promise<readonly Reassignment[] | null> {
    try {
      return await listReassignments(this.#session.cluster)
    } catch (error) {
      if (error instanceof UnsupportedError) return null
      throw error
    }
  }
}

/** What was told lately where it fails or takes long, for a page does not wait for a broker that hangs; undefined: nothing was. */
async function soon<T>(asked: Snapshot<T>): Promise<T | undefined> {
  try {
    return await inTime(asked.get(), WAIT_MS_MAX)
  } catch {
    return asked.recent(RECENT_MS_MAX)
  }
}

function weightOf({ faults, isMoving }: PartitionStanding): number {
  const [worst] = faults
  const order: readonly (PartitionFault | undefined)[] = [
    'leaderless',
    'underMinIsr',
    'underReplicated',
    'notPreferred',
  ]
  return worst === undefined ? (isMoving ? order.length : order.length + 1) : order.indexOf(worst)
}

function compareNames(a: PartitionStanding, b: PartitionStanding): number {
  return a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition
}
