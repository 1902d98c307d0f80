/** How fast replicas that are being moved are copied: the four configs that Kafka has for it (KIP-73), set and taken away. */
import type { Cluster } from '../cluster.ts'
import { fetchMetadata } from '../cluster-metadata.ts'
import { alterConfigs } from '../configs/alter-configs.ts'
import { describeConfigs } from '../configs/describe-configs.ts'
import type { PlannedMove } from './reassignment-plan.ts'

const RATES = ['leader.replication.throttled.rate', 'follower.replication.throttled.rate'] as const
const LEADERS = 'leader.replication.throttled.replicas'
const FOLLOWERS = 'follower.replication.throttled.replicas'
const ALL_BROKERS = { type: 'broker', name: '' } as const

/**
 * Lets every broker give, and take, so many bytes a second for these moves. Other replicas, and those that are in sync, are not
 * held up. It holds until it is taken away.
 */
export async function throttleMoves(
  cluster: Cluster,
  moves: readonly PlannedMove[],
  bytesPerSecond: number,
): Promise<void> {
  for (const [name, ofTopic] of Map.groupBy(moves, ({ topic }) => topic)) {
    const resource = { type: 'topic', name } as const
    // Partitions of it may be on their way already: those stay held up.
    const entries = await describeConfigs(cluster, resource, [LEADERS, FOLLOWERS])
    const listOf = (key: string) => entries.find((entry) => entry.name === key && entry.isOverridden)?.value ?? ''
    const named = (ids: (move: PlannedMove) => readonly number[]) =>
      ofTopic.flatMap((move) => ids(move).map((id) => `${move.partition}:${id}`))
    await alterConfigs(cluster, resource, [
      {
        name: LEADERS,
        value: merged(
          listOf(LEADERS),
          named(({ replicas, target }) => [...replicas, ...target]),
        ),
      },
      {
        name: FOLLOWERS,
        value: merged(
          listOf(FOLLOWERS),
          named(({ replicas, target }) => target.filter((id) => !replicas.includes(id))),
        ),
      },
    ])
  }
  const value = String(bytesPerSecond)
  const rates = RATES.map((name) => ({ name, value }))
  await alterConfigs(cluster, ALL_BROKERS, rates)
}

/** A list of `partition:broker`, or `*` for all of them, with more. */
function merged(list: string, more: readonly string[]): string {
  const before = list.split(',').filter((each) => each !== '')
  return before.includes('*') ? '*' : [...new Set([...before, ...more])].join(',')
}

/** Takes away what `throttleMoves` set, in all topics. Returns how many topics had it. */
export async function unthrottleMoves(cluster: Cluster): Promise<number> {
  await alterConfigs(
    cluster,
    ALL_BROKERS,
    RATES.map((name) => ({ name, value: null })),
  )
  const { topics } = await fetchMetadata(cluster)
  let count = 0
  for (const name of topics.keys()) {
    const resource = { type: 'topic', name } as const
    const entries = await describeConfigs(cluster, resource, [LEADERS, FOLLOWERS])
    const set = entries.filter(({ isOverridden }) => isOverridden)
    if (set.length === 0) continue
    count += 1
    await alterConfigs(
      cluster,
      resource,
      set.map((entry) => ({ name: entry.name, value: null })),
    )
  }
  return count
}
