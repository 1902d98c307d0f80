import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FollowerProgress } from './follower-progress.ts'

const LAG_MS = 100

describe('what a leader knows of its followers', () => {
  it('is nothing before they ask: nothing is common then', () => {
    const progress = new FollowerProgress(1, [1, 2, 3], [1, 2, 3], 0)
    assert.equal(progress.commonOffset(10), -1)
    progress.asked(2, 7, 10, 10, 1)
    assert.equal(progress.commonOffset(10), -1)
    progress.asked(3, 8, 4, 10, 1)
    assert.equal(progress.commonOffset(10), 4)
    assert.equal(progress.commonOffset(3), 3, 'the leader itself counts as well')
  })

  it('counts those that are in sync, and those that are about to be', () => {
    const progress = new FollowerProgress(1, [1, 2, 3], [1, 2], 0)
    progress.asked(2, 7, 10, 10, 1)
    assert.equal(progress.commonOffset(10), 10)
    progress.asked(3, 8, 6, 10, 1)
    progress.follow([1, 2, 3], [1, 2, 3], 2)
    assert.equal(progress.commonOffset(10), 6)
    progress.follow([1, 2, 3], [1], 3)
    assert.equal(progress.commonOffset(10), 10)
    assert.equal(progress.endOffsetOf(3), 6, 'what is known of others is kept')
  })

  it('says who is behind for too long: not who is ahead of where the leader was when it asked before', () => {
    const progress = new FollowerProgress(1, [1, 2], [1, 2], 0)
    // A leader that is written to all the time: the follower always lacks what came since.
    for (let now = 0; now <= 1_000; now += 50) progress.asked(2, 7, now, now + 50, now)
    assert.deepEqual(progress.laggards([1, 2], 1_050, 1_000, LAG_MS), [])
    // It stops asking.
    assert.deepEqual(progress.laggards([1, 2], 1_050, 1_050, LAG_MS), [])
    assert.deepEqual(progress.laggards([1, 2], 1_050, 1_051, LAG_MS), [2])
    assert.deepEqual(progress.laggards([1, 2], 1_000, 9_999, LAG_MS), [], 'one that has everything is in sync for ever')
  })

  it('gives a new follower its time', () => {
    const progress = new FollowerProgress(1, [1, 2], [1, 2], 1_000)
    assert.deepEqual(progress.laggards([1, 2], 5, 1_000 + LAG_MS, LAG_MS), [])
    assert.deepEqual(progress.laggards([1, 2], 5, 1_001 + LAG_MS, LAG_MS), [2])
  })

  it('lets in who has all that is committed and all that was there when the leader began', () => {
    const progress = new FollowerProgress(1, [1, 2], [1], 0)
    progress.asked(2, 7, 10, 20, 1)
    assert.equal(progress.mayComeIn(2, 7, 10, 0), true)
    assert.equal(progress.mayComeIn(2, 7, 11, 0), false)
    assert.equal(progress.mayComeIn(2, 7, 5, 15), false)
    assert.equal(progress.mayComeIn(2, 8, 10, 0), false, 'it has registered anew since it asked')
    assert.equal(progress.mayComeIn(4, 7, 0, 0), false, 'it is no replica')
  })

  it('forgets what a broker had that is gone', () => {
    const progress = new FollowerProgress(1, [1, 2], [1, 2], 0)
    progress.asked(2, 7, 10, 10, 1)
    progress.forget(2)
    assert.equal(progress.commonOffset(10), -1)
    assert.equal(progress.mayComeIn(2, 7, 0, 0), false)
    progress.asked(2, 9, 3, 10, 2)
    assert.equal(progress.commonOffset(10), 3, 'the next one may have less')
  })
})
