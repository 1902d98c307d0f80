import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EpochCache } from '../storage/epoch-cache.ts'
import { truncationPoint } from './truncation-point.ts'

/** A log as the epochs of its records. */
function cacheOf(epochs: readonly number[]): EpochCache {
  const cache = new EpochCache()
  for (const [offset, epoch] of epochs.entries()) if (epoch > cache.latest) cache.assign(epoch, offset)
  return cache
}

/** Cuts as a follower does, until the leader has nothing to say. Returns what is left. */
function converge(follower: readonly number[], leader: readonly number[]): readonly number[] {
  let own = follower
  const leaders = cacheOf(leader)
  for (let round = 0; ; round++) {
    assert.ok(round <= follower.length, 'it comes to an end')
    const last = own.at(-1) ?? -1
    if (last < 0) return own
    const known = leaders.endOffsetFor(last, leader.length) ?? { epoch: leaders.latest, endOffset: leader.length }
    if (known.epoch === last && known.endOffset >= own.length) return own
    const point = truncationPoint(cacheOf(own).entries, own.length, known)
    assert.ok(point < own.length, 'each round cuts something')
    own = own.slice(0, point)
  }
}

describe('where a follower is cut', () => {
  it('is where the shorter one of both ends, in an epoch that both know', () => {
    assert.deepEqual(converge([1, 1, 1, 1], [1, 1, 2, 2, 2]), [1, 1])
    assert.deepEqual(converge([1, 1], [1, 1, 1, 2]), [1, 1])
    assert.deepEqual(converge([1, 1, 2, 2, 2], [1, 1, 2, 4]), [1, 1, 2])
  })

  it('goes back epoch by epoch where the leader knows others', () => {
    assert.deepEqual(converge([1, 1, 3, 3, 5], [1, 1, 2, 4, 6]), [1, 1])
    assert.deepEqual(converge([3, 3], [1, 1, 4]), [])
    assert.deepEqual(converge([1, 3, 3, 3], [1, 1, 1, 4]), [1])
  })

  it('never lets a record stay that the leader does not have, nor goes one that both have', () => {
    // Two logs that parted at any offset, each with any rising epochs after it; an epoch has one leader.
    const tails = (from: number, step: number) => [
      [],
      [from],
      [from, from],
      [from, from + step],
      [from, from, from + step],
    ]
    for (const common of [[], [1], [1, 1], [1, 2], [1, 1, 2]]) {
      for (const own of tails(3, 2)) {
        for (const leader of tails(4, 2)) {
          const kept = converge([...common, ...own], [...common, ...leader, 9])
          assert.deepEqual(kept, common, JSON.stringify({ common, own, leader }))
        }
      }
    }
  })
})
