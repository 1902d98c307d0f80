import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type PlacedPartition, planReassignment } from './reassignment-plan.ts'

const brokers = (...ids: number[]) => ids.map((id) => ({ id, rack: null }))
const partitions = (...replicas: number[][]): PlacedPartition[] =>
  replicas.map((ids, partition) => ({ topic: 't', partition, replicas: ids }))

/** How the partitions are after the plan. */
function after(
  before: readonly PlacedPartition[],
  ...plan: Parameters<typeof planReassignment> extends [unknown, ...infer Rest] ? Rest : never
) {
  const moves = planReassignment(before, ...plan)
  return before.map(({ partition, replicas }) => moves.find((move) => move.partition === partition)?.target ?? replicas)
}

function counts(placed: readonly (readonly number[])[]): Record<number, [replicas: number, leaders: number]> {
  const found: Record<number, [number, number]> = {}
  for (const ids of placed) {
    for (const [at, id] of ids.entries()) {
      found[id] ??= [0, 0]
      found[id][0] += 1
      if (at === 0) found[id][1] += 1
    }
  }
  return found
}

describe('a plan to move partitions', () => {
  it('moves nothing where all is even', () => {
    assert.deepEqual(planReassignment(partitions([1, 2], [2, 3], [3, 1]), brokers(1, 2, 3), null), [])
  })

  it('fills a broker that is new, and moves no more than that takes', () => {
    const before = partitions([1, 2], [2, 1], [1, 2], [2, 1], [1, 2], [2, 1])
    const placed = after(before, brokers(1, 2, 3), null)
    assert.deepEqual(counts(placed), { 1: [4, 2], 2: [4, 2], 3: [4, 2] })
    const moved = placed.flatMap((ids, index) => ids.filter((id) => !before[index]!.replicas.includes(id)))
    assert.equal(moved.length, 4)
  })

  it('empties a broker that is to go', () => {
    const placed = after(partitions([1, 2, 3], [2, 3, 4], [3, 4, 1], [4, 1, 2]), brokers(1, 2, 4), null)
    assert.deepEqual(
      placed.map((ids) => ids.toSorted()),
      Array(4).fill([1, 2, 4]),
    )
    const leads = Object.values(counts(placed)).map(([, leaders]) => leaders)
    assert.ok(Math.max(...leads) - Math.min(...leads) <= 1, `${leads}`)
  })

  it('gives more replicas, or fewer', () => {
    assert.deepEqual(counts(after(partitions([1], [2], [3]), brokers(1, 2, 3), 3)), { 1: [3, 1], 2: [3, 1], 3: [3, 1] })
    assert.deepEqual(counts(after(partitions([1, 2, 3], [1, 2, 3], [1, 2, 3]), brokers(1, 2, 3), 1)), {
      1: [1, 1],
      2: [1, 1],
      3: [1, 1],
    })
  })

  it('puts no two replicas into one rack where there is another', () => {
    const racks = [
      { id: 1, rack: 'a' },
      { id: 2, rack: 'a' },
      { id: 3, rack: 'b' },
      { id: 4, rack: 'b' },
    ]
    const rackOf = new Map(racks.map(({ id, rack }) => [id, rack]))
    const placed = after(partitions([1], [1], [1], [1], [3], [3]), racks, 2)
    for (const ids of placed) assert.equal(new Set(ids.map((id) => rackOf.get(id))).size, 2, ids.join())
    for (const [replicas] of Object.values(counts(placed))) assert.equal(replicas, 3)
  })

  it('spreads replicas over racks: where one is new, and without moving what is apart already', () => {
    const inRacks = Object.entries({ 1: 'a', 2: 'a', 3: 'b', 4: 'b' }).map(([id, rack]) => ({ id: Number(id), rack }))
    const rackOf = (id: number) => inRacks.find((broker) => broker.id === id)!.rack
    const placed = after(partitions([1, 2], [2, 1], [1, 2], [2, 1]), inRacks, null)
    for (const ids of placed) assert.equal(new Set(ids.map(rackOf)).size, 2, JSON.stringify(placed))
    assert.deepEqual(counts(placed), { 1: [2, 1], 2: [2, 1], 3: [2, 1], 4: [2, 1] })
    assert.deepEqual(planReassignment(partitions([1, 3], [2, 4], [3, 2], [4, 1]), inRacks, null), [])
    const three = inRacks.slice(0, 3)
    assert.deepEqual(planReassignment(partitions([1, 2, 3], [2, 3, 1], [3, 1, 2]), three, null), [], 'fewer racks')
  })
})
