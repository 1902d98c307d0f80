/**
 * Which partitions to move so that they are on given brokers, over their racks, and evenly: replicas that can stay do, the
 * others go to the broker that has fewest, in another rack than the partition's other replicas where there is one.
 */

/** A partition as it is. */
export interface PlacedPartition {
  readonly topic: string
  readonly partition: number
  /** The preferred leader first. */
  readonly replicas: readonly number[]
}

/** A partition whose replicas are to be others, or in another order. */
export interface PlannedMove extends PlacedPartition {
  readonly target: readonly number[]
}

export interface TargetBroker {
  readonly id: number
  readonly rack: string | null
}

/** The moves, in the order of the partitions; `replicationFactor` is null to keep as many replicas as each has. */
export function planReassignment(
  partitions: readonly PlacedPartition[],
  brokers: readonly TargetBroker[],
  replicationFactor: number | null,
): PlannedMove[] {
  const racks = new Map(brokers.map(({ id, rack }) => [id, rack]))
  const replicas = new Map(brokers.map(({ id }) => [id, 0]))
  const targets = partitions.map((partition) => {
    const factor = Math.min(brokers.length, replicationFactor ?? partition.replicas.length)
    const kept = thoseThatStay(partition.replicas, racks, factor)
    for (const id of kept) replicas.set(id, replicas.get(id)! + 1)
    return { factor, ids: kept }
  })
  for (const { factor, ids } of targets) {
    while (ids.length < factor) {
      const id = leastLoaded(brokers, replicas, ids, racks)
      ids.push(id)
      replicas.set(id, replicas.get(id)! + 1)
    }
  }
  level(targets, replicas, racks)
  balanceLeaders(targets, brokers)
  return partitions.flatMap((partition, index): PlannedMove[] => {
    const target = targets[index]!.ids
    const isSame =
      target.length === partition.replicas.length && target.every((id, at) => id === partition.replicas[at])
    return isSame ? [] : [{ ...partition, target }]
  })
}

/** The replicas that stay: on brokers that are to have them, and no two in one rack while another rack has none. */
function thoseThatStay(
  replicas: readonly number[],
  racks: ReadonlyMap<number, string | null>,
  factor: number,
): number[] {
  const able = replicas.filter((id) => racks.has(id))
  const apart = able.filter((id, at) => able.findIndex((other) => racks.get(other) === racks.get(id)) === at)
  const racksMax = Math.min(factor, new Set(racks.values()).size)
  const beside = able.filter((id) => !apart.includes(id)).slice(0, Math.max(0, factor - racksMax))
  const stay = new Set([...apart, ...beside])
  return able.filter((id) => stay.has(id)).slice(0, factor)
}

function leastLoaded(
  brokers: readonly TargetBroker[],
  load: ReadonlyMap<number, number>,
  taken: readonly number[],
  racks: ReadonlyMap<number, string | null>,
): number {
  const usedRacks = new Set(taken.map((id) => racks.get(id)))
  const free = brokers.filter(({ id }) => !taken.includes(id))
  const apart = free.filter(({ rack }) => !usedRacks.has(rack))
  return (apart.length > 0 ? apart : free).reduce((a, b) => (load.get(b.id)! < load.get(a.id)! ? b : a)).id
}

/** Takes replicas from who has most to who has fewest, until they differ by one at most or nothing can be moved. */
function level(
  targets: readonly { ids: number[] }[],
  load: Map<number, number>,
  racks: ReadonlyMap<number, string | null>,
): void {
  for (;;) {
    const byLoad = [...load].sort((a, b) => a[1] - b[1])
    const [fewest, few] = byLoad[0]!
    const isMoved = byLoad.toReversed().some(([most, many]) => {
      if (many - few < 2) return false
      // Where the replica is not the leader it is cheaper to move, and no two are to share a rack that do not now.
      const fits = ({ ids }: { ids: number[] }) =>
        ids.includes(most) &&
        !ids.includes(fewest) &&
        !ids.some((id) => id !== most && racks.get(id) === racks.get(fewest) && racks.get(id) !== racks.get(most))
      const found = targets.find((target) => fits(target) && target.ids[0] !== most) ?? targets.find(fits)
      if (found === undefined) return false
      found.ids[found.ids.indexOf(most)] = fewest
      load.set(most, many - 1)
      load.set(fewest, few + 1)
      return true
    })
    if (!isMoved) return
  }
}

/** Makes another replica the preferred leader where its broker is preferred less often by two or more. */
function balanceLeaders(targets: readonly { ids: number[] }[], brokers: readonly TargetBroker[]): void {
  const leads = new Map(brokers.map(({ id }) => [id, 0]))
  for (const { ids } of targets) leads.set(ids[0]!, (leads.get(ids[0]!) ?? 0) + 1)
  for (let isChanged = true; isChanged; ) {
    isChanged = false
    for (const { ids } of targets) {
      const first = ids[0]!
      const other = ids.reduce((a, b) => (leads.get(b)! < leads.get(a)! ? b : a))
      if (leads.get(first)! - leads.get(other)! < 2) continue
      const at = ids.indexOf(other)
      ids[0] = other
      ids[at] = first
      leads.set(first, leads.get(first)! - 1)
      leads.set(other, leads.get(other)! + 1)
      isChanged = true
    }
  }
}
