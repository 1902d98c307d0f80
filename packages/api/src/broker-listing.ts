/** The brokers of a cluster: where they are, what they lead, what is on their disks. */
import { brokerVitals, KafkaError, type LogDirectory } from '@odradek/client'
import type { ClusterSession } from './cluster-session.ts'

export interface BrokerRow {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
  readonly isController: boolean
  readonly leaders: number
  readonly replicas: number
  /** Replicas that are not in sync. */
  readonly outOfSync: number
  /** Leaders against an equal share: 0.1 is a tenth too many. null: there is nothing to lead. */
  readonly leaderSkew: number | null
  readonly sizeBytes: number | null
  /** Of its volumes; null where it does not tell. */
  readonly totalBytes: number | null
  readonly freeBytes: number | null
  readonly directories: readonly Omit<LogDirectory, 'replicas'>[]
  /** Why its log directories are not known; null: they are. */
  readonly problem: string | null
}

export async function listBrokers(session: ClusterSession): Promise<BrokerRow[]> {
  const [metadata, sizes] = await Promise.all([
    session.cluster.metadata(),
    session.sizes.get().catch((error: Error) => error),
  ])
  const leaders = new Map<number, number>()
  const replicas = new Map<number, number>()
  const outOfSync = new Map<number, number>()
  const add = (counts: Map<number, number>, id: number) => counts.set(id, (counts.get(id) ?? 0) + 1)
  let led = 0
  for (const topic of metadata.topics.values()) {
    for (const place of topic.partitions) {
      if (place.leader >= 0) {
        add(leaders, place.leader)
        led += 1
      }
      for (const id of place.replicas) {
        add(replicas, id)
        if (!place.isr.includes(id)) add(outOfSync, id)
      }
    }
  }
  const share = led / Math.max(1, metadata.brokers.length)
  return metadata.brokers.map(({ nodeId, host, port, rack }) => {
    const own = sizes instanceof Error ? [] : sizes.logs.directories.filter((directory) => directory.nodeId === nodeId)
    const missing =
      sizes instanceof Error ? sizes.message : sizes.logs.missing.find((broker) => broker.nodeId === nodeId)?.reason
    const count = leaders.get(nodeId) ?? 0
    return {
      nodeId,
      host,
      port,
      rack,
      isController: nodeId === metadata.controllerId,
      leaders: count,
      replicas: replicas.get(nodeId) ?? 0,
      outOfSync: outOfSync.get(nodeId) ?? 0,
      leaderSkew: led === 0 ? null : count / share - 1,
      sizeBytes:
        missing === undefined
          ? sumOf(own.map(({ replicas }) => sumOf(replicas.map(({ sizeBytes }) => sizeBytes)) ?? 0))
          : null,
      totalBytes: sumOf(own.map(({ totalBytes }) => totalBytes)),
      freeBytes: sumOf(own.map(({ freeBytes }) => freeBytes)),
      directories: own.map(({ replicas: _, ...directory }) => directory),
      problem: missing ?? null,
    }
  })
}

const LARGEST_MAX = 100

/** One broker, with the largest of what is on its disks, and how it fares where it tells. */
export async function brokerDetail(session: ClusterSession, nodeId: number) {
  const [rows, metadata, sizes] = await Promise.all([
    listBrokers(session),
    session.cluster.metadata(),
    session.sizes.get().catch(() => null),
  ])
  const row = rows.find((broker) => broker.nodeId === nodeId)
  const node = metadata.brokers.find((broker) => broker.nodeId === nodeId)
  if (!row || !node) throw new KafkaError(8, `find broker ${nodeId}`, `The cluster has no broker ${nodeId}.`)
  const replicas = (sizes?.logs.directories ?? [])
    .filter((directory) => directory.nodeId === nodeId)
    .flatMap((directory) =>
      directory.replicas.map((replica) => ({
        ...replica,
        path: directory.path,
        isListed: metadata.topics.has(replica.topic),
      })),
    )
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
  const vitals = await brokerVitals(session.cluster, node, session.settings.adminAddress)
  return { ...row, vitals, replicaCount: replicas.length, largest: replicas.slice(0, LARGEST_MAX) }
}

/** null where one of them is not known, or there are none. */
function sumOf(values: readonly (number | null)[]): number | null {
  if (values.length === 0) return null
  let sum = 0
  for (const value of values) {
    if (value === null) return null
    sum += value
  }
  return sum
}
