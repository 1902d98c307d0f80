import {
  type Cluster,
  describeLogDirectories,
  eligibleLeaders,
  goneBrokers,
  listReassignments,
  type Reassignment,
} from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import type { Command } from '../command.ts'
import { counted, textTable } from '../text-table.ts'

export const clusterDescribe: Command = {
  name: 'cluster describe',
  summary: 'Print the brokers, what each leads, and which partitions are under-replicated, offline or being moved.',
  flags: clusterFlags,
  examples: ['odradek cluster describe', 'odradek cluster describe --json'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const { clusterId, controllerId, brokers, topics } = await cluster.metadata(0)
      const moving = await withProgress(cluster, await listReassignments(cluster))
      const gone = await goneBrokers(cluster)
      const places = [...topics.values()].flatMap(({ name, partitions }) =>
        partitions.map((place) => ({ topic: name, ...place })),
      )
      const rows = brokers
        .toSorted((a, b) => a.nodeId - b.nodeId)
        .map(({ nodeId, host, port, rack }) => ({
          id: nodeId,
          address: `${host}:${port}`,
          rack,
          isController: nodeId === controllerId,
          leads: places.filter(({ leader }) => leader === nodeId).length,
          preferred: places.filter(({ replicas }) => replicas[0] === nodeId).length,
          replicas: places.filter(({ replicas }) => replicas.includes(nodeId)).length,
          inSync: places.filter(({ isr }) => isr.includes(nodeId)).length,
        }))
      const isMoving = new Set(moving.map(({ topic, partition }) => `${topic} ${partition}`))
      const underReplicated = places.filter(
        ({ topic, partition, isr, replicas }) => isr.length < replicas.length && !isMoving.has(`${topic} ${partition}`),
      )
      const offline = places.filter(({ leader }) => leader === -1)
      const lacking = [...underReplicated, ...offline]
      const leadersOf = await eligibleLeaders(
        cluster,
        lacking.map(({ topic }) => topic),
      )
      const withEligible = (place: (typeof places)[number]) => {
        return { ...place, ...(leadersOf?.(place.topic, place.partition) ?? { eligible: null, lastKnown: null }) }
      }
      const result = {
        clusterId,
        controllerId,
        brokers: rows,
        gone: gone.map(({ nodeId, host, port, rack }) => ({
          id: nodeId,
          address: `${host}:${port}`,
          rack,
          replicas: places.filter(({ replicas }) => replicas.includes(nodeId)).length,
        })),
        partitions: places.length,
        underReplicated: underReplicated.map(withEligible),
        offline: offline.map(withEligible),
        moving,
      }
      if (args.flag('json')) {
        process.stdout.write(`${JSON.stringify(result, null, 2)}\n`)
        return 0
      }
      process.stdout.write(`cluster ${clusterId ?? '-'}, ${counted(places.length, 'partition')}\n\n`)
      const cells = rows.map((row) => {
        const { id, address, rack, isController, leads, preferred, replicas, inSync } = row
        return [id, address, rack, isController ? 'yes' : '', leads, preferred, replicas, inSync]
      })
      const head = ['BROKER', 'ADDRESS', 'RACK', 'CONTROLLER', 'LEADS', 'PREFERRED', 'REPLICAS', 'IN SYNC']
      process.stdout.write(textTable(head, cells))
      list(
        'Gone',
        result.gone.map(({ id, address, replicas }) =>
          replicas > 0
            ? `broker ${id} at ${address}: has replicas of ${counted(replicas, 'partition')}`
            : `broker ${id} at ${address}: has nothing. odradek cluster unregister ${id} forgets it`,
        ),
      )
      list('Under-replicated', result.underReplicated.map(line))
      list('Without a leader', result.offline.map(line))
      list(
        'Being moved',
        moving.map((move) => {
          const { topic, partition, replicas, removing } = move
          return `${topic}-${partition}: replicas ${replicas.join(',')}, coming ${comingText(move)}, going ${removing.join(',') || '-'}`
        }),
      )
      return 0
    }),
}

/** A move, and what the replicas that come have of what there is to copy, in bytes; null where a broker does not tell. */
type Move = Reassignment & {
  readonly bytes: number | null
  readonly coming: readonly { readonly id: number; readonly bytes: number | null }[]
}

async function withProgress(cluster: Cluster, moves: readonly Reassignment[]): Promise<Move[]> {
  if (moves.length === 0) return []
  const { brokers, topics } = await cluster.metadata()
  const asked = [...Map.groupBy(moves, ({ topic }) => topic)].map(([topic, ofTopic]) => ({
    topic,
    partitions: ofTopic.map(({ partition }) => partition),
  }))
  const { directories } = await describeLogDirectories(cluster, brokers, asked)
  const sizes = new Map(
    directories.flatMap(({ nodeId, replicas }) =>
      replicas.map(({ topic, partition, sizeBytes }) => [`${nodeId} ${topic} ${partition}`, sizeBytes] as const),
    ),
  )
  return moves.map((move) => {
    const { topic, partition, adding } = move
    const sizeAt = (id: number) => sizes.get(`${id} ${topic} ${partition}`) ?? null
    const leader = topics.get(topic)?.partitions.find((place) => place.partition === partition)?.leader ?? -1
    return { ...move, bytes: sizeAt(leader), coming: adding.map((id) => ({ id, bytes: sizeAt(id) })) }
  })
}

function comingText({ bytes, coming }: Move): string {
  const texts = coming.map(({ id, bytes: has }) => {
    const share = has === null || bytes === null ? null : bytes === 0 ? 1 : Math.min(1, has / bytes)
    return share === null ? String(id) : `${id} (${Math.floor(100 * share)} %)`
  })
  return texts.join(', ') || '-'
}

function line(place: {
  topic: string
  partition: number
  leader: number
  replicas: readonly number[]
  isr: readonly number[]
  eligible: readonly number[] | null
  lastKnown: readonly number[] | null
}): string {
  const { topic, partition, leader, replicas, isr, eligible, lastKnown } = place
  const parts = [
    `leader ${leader < 0 ? 'none' : leader}`,
    `replicas ${replicas.join(',')}`,
    `in sync ${isr.join(',') || 'none'}`,
    // They have all that is committed.
    ...(eligible?.length ? [`eligible ${eligible.join(',')}`] : []),
    ...(lastKnown?.length ? [`last known ${lastKnown.join(',')}`] : []),
  ]
  return `${topic}-${partition}: ${parts.join(', ')}`
}

function list(title: string, lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`\n${title}:\n${lines.map((text) => `  ${text}\n`).join('')}`)
}
