import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { clusterImage } from '../metadata/testing/cluster-image.ts'
import { FollowerProgress } from '../replication/follower-progress.ts'
import { nearestReplica } from './nearest-replica.ts'

/** Broker 1 leads in rack a, 2 and 3 stand in rack b, 4 in rack c; all have replicas. */
const image = clusterImage([1, 'a'], [2, 'b'], [3, 'b'], [4, 'c'])

/** Where a consumer is sent, of followers that have what is between two offsets. */
function nearest(rack: string, logs: Record<number, [number, number]>, { isr = [1, 2, 3, 4], fetchOffset = 5 } = {}) {
  const followers = new FollowerProgress(1, [1, 2, 3, 4], isr, 0)
  for (const [id, [start, end]] of Object.entries(logs)) followers.asked(Number(id), 1, end, 10, 0, start)
  return nearestReplica(image, 1, { isr, followers }, { rack, fetchOffset, listenerName: 'PLAINTEXT' })
}

describe('the replica that a consumer reads from', () => {
  const all: Record<number, [number, number]> = { 2: [0, 9], 3: [0, 10], 4: [0, 10] }

  it('is the one in its rack that is furthest', () => {
    assert.equal(nearest('b', all), 3)
    assert.equal(nearest('c', all), 4)
  })

  it('is the leader where that is in the rack, or nobody is, or the consumer does not say where it stands', () => {
    assert.deepEqual([nearest('a', all), nearest('d', all), nearest('', all)], [-1, -1, -1])
  })

  it('is in sync, and has what is asked for', () => {
    assert.equal(nearest('b', all, { isr: [1, 2, 4] }), 2)
    assert.equal(nearest('c', all, { isr: [1, 2, 3] }), -1)
    assert.equal(nearest('b', { ...all, 3: [6, 10] }), 2, 'deleted there')
    assert.equal(nearest('b', all, { fetchOffset: 10 }), 3)
    assert.equal(nearest('b', { 2: [0, 9] }, { fetchOffset: 10 }), -1, 'not there yet')
  })

  it('can be reached by the listener that the consumer came by', () => {
    const followers = new FollowerProgress(1, [1, 2], [1, 2], 0)
    followers.asked(2, 1, 9, 9, 0, 0)
    const reader = { rack: 'b', fetchOffset: 5 }
    assert.equal(nearestReplica(image, 1, { isr: [1, 2], followers }, { ...reader, listenerName: 'PLAINTEXT' }), 2)
    assert.equal(nearestReplica(image, 1, { isr: [1, 2], followers }, { ...reader, listenerName: 'OTHER' }), -1)
  })
})
