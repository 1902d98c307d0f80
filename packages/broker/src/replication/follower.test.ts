import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resolveBrokerConfig } from '@odradek/config'
import { encodeBatch, sliceOf } from '@odradek/protocol'
import { DiskGauge } from '../cleanup/disk-gauge.ts'
import type { Disk } from '../host/disk.ts'
import { Turn } from '../host/turn.ts'
import type { LogCut } from '../storage/log-cut.ts'
import { nodeBench, openLog, quiet } from '../storage/testing/log-kit.ts'
import { Follower } from './follower.ts'

/** A follower on a disk whose room is as said, and what its leader answers. */
class Scene {
  usedBytes = 0
  readonly #bench = nodeBench()
  /** Cuts that are under way. */
  readonly cuts: LogCut[] = []
  /** For how long it is not to be asked for after those that ended. */
  readonly ended: number[] = []
  readonly failures: Error[] = []
  dirtied = 0
  readonly log = openLog(this.#bench, { cutLater: (cut) => void this.cuts.push(cut) })
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
    events: {
      dirty: () => void this.dirtied++,
      failed: (_replica, error) => void this.failures.push(error),
      cut: (_follower, pauseMs) => this.ended.push(pauseMs),
    },
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

  /** The leader's answer: its history parts from this one. */
  parts(epoch: number, endOffset: number): number {
    return this.follower.take({
      partitionIndex: 0,
      errorCode: 0,
      highWatermark: 1,
      divergingEpoch: { epoch, endOffset },
      records: null,
    } as Parameters<Follower['take']>[0])
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

  it('cuts what its leader does not have, and takes nothing before that is durable', () => {
    using scene = new Scene()
    scene.take(4, 4, 0)
    scene.take(2, 6, 0)
    assert.equal(scene.parts(0, 5), Number.POSITIVE_INFINITY, 'it is not to be asked for')
    assert.deepEqual([scene.follower.isCutting, ...scene.offsets], [true, 0, 4, 6], 'nobody reads what is to go')
    assert.equal(scene.take(1, 7, 0), Number.POSITIVE_INFINITY)
    assert.equal(scene.log.endOffset, 6)
    assert.deepEqual(scene.ended, [])
    const { dirtied } = scene
    scene.cuts[0]!.finishNow()
    assert.deepEqual(scene.ended, [0])
    assert.equal(scene.dirtied, dirtied + 1, 'flushes passed it over meanwhile')
    assert.deepEqual([scene.follower.isCutting, ...scene.offsets], [false, 0, 4, 4])
    assert.equal(scene.take(1, 5, 0), 0)
    assert.deepEqual(scene.offsets, [0, 5, 5])
  })

  it('asks again in a while where there is no room for a cut, and is as long as it was', () => {
    using scene = new Scene()
    scene.take(4, 4, 0)
    scene.parts(0, 2)
    scene.cuts[0]!.end(Object.assign(new Error('no room'), { code: 'ENOSPC' }))
    assert.deepEqual([scene.follower.isCutting, scene.log.endOffset, scene.log.failed], [false, 4, null])
    assert.ok(scene.ended.length === 1 && scene.ended[0]! > 0, `${scene.ended}`)
    assert.deepEqual(scene.failures, [])
  })

  it('is given up where a sync of its cut failed, for want of room too', () => {
    using scene = new Scene()
    scene.take(4, 4, 0)
    scene.parts(0, 2)
    const error = Object.assign(new Error('no room'), { code: 'ENOSPC' })
    scene.log.fail(error)
    scene.cuts[0]!.end(error)
    assert.deepEqual(scene.failures, [error])
  })
})
