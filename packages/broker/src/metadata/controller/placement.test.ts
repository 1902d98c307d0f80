import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { SimRandom } from '../../host/sim/index.ts'
import { placeReplicas } from './placement.ts'

const ids = (count: number) => Array.from({ length: count }, (_, id) => ({ id, rack: null }))

/** How often each broker appears, least and most. */
function spread(lists: readonly (readonly number[])[], brokers: number): [number, number] {
  const counts = Array.from({ length: brokers }, (_, id) => lists.flat().filter((other) => other === id).length)
  return [Math.min(...counts), Math.max(...counts)]
}

describe('the placement of replicas', () => {
  it('gives each partition distinct brokers, and leaders evenly', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 60 }),
        fc.nat(),
        fc.nat(),
        (n, p, rf, seed) => {
          const replicationFactor = 1 + (rf % n)
          const placed = placeReplicas(ids(n), p, replicationFactor, new SimRandom(seed))
          assert.equal(placed.length, p)
          for (const replicas of placed) {
            assert.equal(replicas.length, replicationFactor)
            assert.equal(new Set(replicas).size, replicationFactor)
            assert.ok(replicas.every((id) => id >= 0 && id < n))
          }
          const [least, most] = spread(
            placed.map((replicas) => replicas.slice(0, 1)),
            n,
          )
          assert.ok(most - least <= 1)
        },
      ),
    )
  })

  it('spreads the followers of one leader over the others', () => {
    const placed = placeReplicas(ids(5), 20, 2, new SimRandom(7))
    const followersOf0 = placed.filter(([leader]) => leader === 0).map(([, follower]) => follower)
    assert.deepEqual(followersOf0.sort(), [1, 2, 3, 4])
    assert.deepEqual(spread(placed, 5), [8, 8])
  })

  it('puts the replicas of a partition on as many racks as it can', () => {
    const brokers = [
      { id: 0, rack: 'a' },
      { id: 1, rack: 'a' },
      { id: 2, rack: 'a' },
      { id: 3, rack: 'b' },
      { id: 4, rack: 'b' },
      { id: 5, rack: 'c' },
    ]
    const rackOf = (id: number) => brokers[id]!.rack
    for (let seed = 0; seed < 20; seed++) {
      for (const replicas of placeReplicas(brokers, 12, 3, new SimRandom(seed))) {
        assert.equal(new Set(replicas.map(rackOf)).size, 3)
      }
      for (const replicas of placeReplicas(brokers, 12, 5, new SimRandom(seed))) {
        assert.equal(new Set(replicas).size, 5)
        assert.equal(new Set(replicas.map(rackOf)).size, 3)
      }
    }
  })

  it('begins at a random broker, the same one for the same randomness', () => {
    const first = (seed: number) => placeReplicas(ids(6), 1, 1, new SimRandom(seed))[0]![0]
    assert.deepEqual(new Set(Array.from({ length: 50 }, (_, seed) => first(seed))).size, 6)
    assert.equal(first(3), first(3))
  })
})
