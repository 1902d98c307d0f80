import type { PartitionImage } from '../values.ts'

/** The replicas a partition will have: those it has now but for the ones that go. */
export function targetReplicas({ replicas, removing = [] }: PartitionImage): readonly number[] {
  return removing.length === 0 ? replicas : replicas.filter((id) => !removing.includes(id))
}

/**
 * Begins to move a partition to `target`, the preferred leader first: new replicas come beside the old ones, which go when
 * the new ones are in sync. What came for an earlier target alone goes at once; the leader may be among it, and all that is
 * in sync. The partition itself where it has these replicas or is on its way to them.
 */
export function moveReplicas(partition: PartitionImage, target: readonly number[]): PartitionImage {
  if (isSameList(targetReplicas(partition), target)) return partition
  const settled = partition.replicas.filter((id) => !(partition.adding ?? []).includes(id))
  const adding = target.filter((id) => !settled.includes(id))
  const removing = settled.filter((id) => !target.includes(id))
  const replicas = [...target, ...removing]
  const { adding: _, removing: __, ...rest } = partition
  const isr = partition.isr.filter((id) => replicas.includes(id))
  const moved = { ...rest, replicas, isr, partitionEpoch: partition.partitionEpoch + 1 }
  return adding.length === 0 && removing.length === 0 ? moved : { ...moved, adding, removing }
}

/** Takes a move back: the replicas that came go at once, and those that were to go stay. */
export function cancelMove(partition: PartitionImage): PartitionImage {
  const { adding = [], removing: _, ...rest } = partition
  const stays = (id: number) => !adding.includes(id)
  return {
    ...rest,
    replicas: rest.replicas.filter(stays),
    isr: rest.isr.filter(stays),
    partitionEpoch: rest.partitionEpoch + 1,
  }
}

function isSameList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id, place) => id === b[place])
}
