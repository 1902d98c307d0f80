import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig } from '@odradek/config'
import { encodeBatch, sliceOf } from '@odradek/protocol'
import { DiskGauge } from '../cleanup/disk-gauge.ts'
import type { Disk } from '../host/disk.ts'
import { Turn } from '../host/turn.ts'
import { nodeBench, openLog, quiet } from '../storage/testing/log-kit.ts'
import { Follower } from './follower.ts'

/** A follower on a disk whose room is as said, and what its leader answers. */
class Scene {
  usedBytes = 0
  readonly #bench = nodeBench()
  readonly log = openLog(this.#bench)
  readonly #ends: (() => void)[] = []
  readonly gauge = new DiskGauge({
    disk: { space: () => this.#space() } as unknown as Disk,
    path: '/data',
    config: () => resolveBrokerConfig(),
    changed() {},
  })
  readonly follower = new Follower({
    topic: 't',
    topicId: this.log.topicId,
    index: 0,
    log: this.log,
    gauge: this.gauge,
    leader: 2,
    leaderEpoch: 5,
    highWatermark: 0,
    turn: new Turn({ after: () => ({ cancel() {} }), endOfTurn: (run) => void this.#ends.push(run) }),
    events: { dirty() {}, failed: (_replica, error) => assert.fail(error) },
    logger: quiet,
  })

  #space() {
    return { totalBytes: 1000, usedBytes: this.usedBytes, freeBytes: 1000 - this.usedBytes }
  }

  /** The leader's answer: a batch of so many records that follows, if any; pauses for what is returned. */
  take(count: number, highWatermark: number, logStartOffset: number): number {
    const records = Array.from({ length: count }, () => ({ value: 'v' }))
    const pauseMs = this.follower.take({
      partitionIndex: 0,
      errorCode: 0,
      highWatermark,
      logStartOffset,
      records: count === 0 ? null : sliceOf(encodeBatch({ records, baseOffset: this.log.endOffset })),
    } as Parameters<Follower['take']>[0])
    for (const run of this.#ends.splice(0)) run()
    return pauseMs
  }

  /** Where its log begins, what is committed of it, where it ends. */
  get offsets(): number[] {
    return [this.log.startOffset, this.follower.highWatermark, this.log.endOffset]
  }

  [Symbol.dispose](): void {
    this.log.close(false)
    this.#bench[Symbol.dispose]()
  }
}

describe('a follower', () => {
  it('takes what its leader has, what is committed, and where the log begins', () => {
    using scene = new Scene()
    assert.equal(scene.take(4, 9, 0), 0)
    assert.deepEqual(scene.offsets, [0, 4, 4], 'as far as it is here')
    assert.equal(scene.follower.offsetLag, 5, 'what it lacks of what is committed')
    assert.equal(scene.take(2, 5, 6), 0)
    assert.equal(scene.follower.offsetLag, 0)
    assert.deepEqual(scene.offsets, [5, 5, 6], 'and lets go of nothing that is not known to be committed')
  })

  it('lets go of what its leader let go of though its disk is full: that makes room', () => {
    using scene = new Scene()
    scene.take(4, 2, 0)
    scene.usedBytes = 1000
    scene.gauge.measure()
    assert.ok(scene.take(1, 5, 3) > 0)
    assert.deepEqual(scene.offsets, [3, 4, 4])
    scene.usedBytes = 0
    scene.gauge.measure()
    assert.equal(scene.take(1, 5, 3), 0)
    assert.deepEqual(scene.offsets, [3, 5, 5])
  })
})
