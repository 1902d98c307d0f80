/**
 * Followers learn in the answer to a fetch where their history parts from the leader's, and ask nobody before they fetch.
 * Here replicas are elected at random, clean or not, let go of what is old, and lose their ends and what they knew of their
 * first epochs; whatever a follower has accepted a fetch for is what its leader has.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SimRandom } from '../host/sim/index.ts'
import { EpochCache } from '../storage/epoch-cache.ts'
import { divergenceFrom } from './divergence.ts'
import { truncationPoint } from './truncation-point.ts'

const SEEDS = 400
const STEPS = 150
/** One exchange more than a follower can have epochs to give up. */
const EXCHANGES_MAX = 40

/** A replica's log: which record is at each offset. Records have numbers of their own. */
class Replica {
  readonly epochs = new EpochCache()
  readonly records: { readonly number: number; readonly epoch: number }[] = []
  startOffset = 0

  get endOffset(): number {
    return this.records.length
  }

  get latestEpoch(): number {
    return this.epochs.latest
  }

  endOffsetForEpoch(epoch: number) {
    return this.epochs.endOffsetFor(epoch, this.endOffset)
  }

  append(number: number, epoch: number): void {
    this.epochs.assign(epoch, this.endOffset)
    this.records.push({ number, epoch })
  }

  cutTo(offset: number): void {
    this.records.length = offset
    this.epochs.truncateFromEnd(offset)
  }

  letGoBelow(offset: number): void {
    if (offset <= this.startOffset) return
    this.startOffset = offset
    this.epochs.truncateFromStart(offset)
  }

  /** Asks `leader` until it is given what follows its end. */
  fetch(leader: Replica, count: number): void {
    for (let exchange = 0; exchange < EXCHANGES_MAX; exchange++) {
      const parted = divergenceFrom(leader, this.latestEpoch, this.endOffset)
      if (parted !== null) {
        this.cutTo(truncationPoint(this.epochs.entries, this.endOffset, parted))
        if (this.endOffset < this.startOffset) this.beginAt(this.endOffset)
        continue
      }
      if (this.endOffset < leader.startOffset || this.endOffset > leader.endOffset) {
        this.beginAt(leader.startOffset)
        continue
      }
      for (const { number, epoch } of leader.records.slice(this.endOffset, this.endOffset + count))
        this.append(number, epoch)
      // What is below the leader's start nobody can compare any more.
      this.letGoBelow(Math.min(leader.startOffset, this.endOffset))
      return
    }
    assert.fail('It does not find where its history parts')
  }

  beginAt(offset: number): void {
    this.records.length = offset
    this.epochs.clear()
    this.startOffset = offset
  }
}

function play(seed: number): void {
  const random = new SimRandom(seed)
  const replicas = [new Replica(), new Replica(), new Replica()]
  let leader = replicas[0]!
  let epoch = 0
  let number = 0
  for (let step = 0; step < STEPS; step++) {
    const follower = replicas[random.below(3)]!
    switch (random.below(8)) {
      case 0:
        // Whoever it is: with a shorter log, or an older one.
        leader = follower
        epoch += 1 + random.below(2)
        break
      case 1:
        if (follower !== leader) follower.cutTo(Math.max(follower.startOffset, follower.endOffset - random.below(4)))
        break
      case 2:
        leader.letGoBelow(Math.max(0, leader.endOffset - random.below(12)))
        break
      case 3:
      case 4:
        for (let left = random.below(4); left > 0; left--) leader.append(++number, epoch)
        break
      default:
        if (follower === leader) break
        follower.fetch(leader, random.below(5))
        for (let at = Math.max(follower.startOffset, leader.startOffset); at < follower.endOffset; at++)
          assert.deepEqual(follower.records[at], leader.records[at], `seed ${seed}, step ${step}, offset ${at}`)
    }
  }
}

describe('a follower that is told in its fetch where its history parts from the leader’s', () => {
  it(`has what its leader has, over ${SEEDS} histories of elections`, () => {
    for (let seed = 1; seed <= SEEDS; seed++) play(seed)
  })
})
