import type { Random } from '../../host/random.ts'

export interface PlacementBroker {
  readonly id: number
  readonly rack: string | null
}

/**
 * Chooses the replicas of `partitions` new partitions, the preferred leader first: leaders go round the brokers from a
 * random one, followers take distinct brokers and, as far as there are enough, distinct racks, shifted by one each time
 * the leaders have gone round. `replicationFactor` is from 1 to the number of brokers.
 */
export function placeReplicas(
  brokers: readonly PlacementBroker[],
  partitions: number,
  replicationFactor: number,
  random: Random,
): number[][] {
  const ring = alternateRacks(brokers)
  const count = ring.length
  const racks = new Set(ring.map((broker) => broker.rack)).size
  const start = random.below(count)
  const firstShift = count > 1 ? random.below(count - 1) : 0
  return Array.from({ length: partitions }, (_, partition) => {
    const leader = (start + partition) % count
    const shift = firstShift + Math.floor(partition / count)
    const candidates = [ring[leader]!]
    for (let step = 0; step < count - 1; step++) {
      candidates.push(ring[(leader + 1 + ((shift + step) % (count - 1))) % count]!)
    }
    return takeReplicas(candidates, replicationFactor, racks)
  })
}

/** The first `replicationFactor` candidates, one of each rack before a second of any. */
function takeReplicas(candidates: readonly PlacementBroker[], replicationFactor: number, racks: number): number[] {
  const taken = new Set<number>()
  const usedRacks = new Set<string | null>()
  for (const { id, rack } of candidates) {
    if (taken.size === replicationFactor || usedRacks.size === racks) break
    if (usedRacks.has(rack)) continue
    usedRacks.add(rack)
    taken.add(id)
  }
  for (const { id } of candidates) {
    if (taken.size === replicationFactor) break
    taken.add(id)
  }
  return [...taken]
}

/** The brokers by id, so that neighbours have different racks as long as possible. */
function alternateRacks(brokers: readonly PlacementBroker[]): PlacementBroker[] {
  const byRack = Map.groupBy(
    [...brokers].sort((a, b) => a.id - b.id),
    (broker) => broker.rack,
  )
  const rows = [...byRack.values()]
  const ring: PlacementBroker[] = []
  for (let turn = 0; ring.length < brokers.length; turn++) {
    for (const row of rows) if (turn < row.length) ring.push(row[turn]!)
  }
  return ring
}
