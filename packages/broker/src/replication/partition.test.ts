import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BatchHeader, encodeBatch, errors, readBatchHeader, sliceOf } from '@odradek/protocol'
import { Turn } from '../host/turn.ts'
import { type Bench, nodeBench, openLog } from '../storage/testing/log-kit.ts'
import type { ReplicaSets } from './in-sync-replicas.ts'
import type { OffsetWait } from './offset-waits.ts'
import { Partition } from './partition.ts'

const NONE = errors.NONE.code
const LAG_MS = 100

/** The leader, broker 1, of a partition that brokers 1, 2 and 3 have replicas of. */
class Scene {
  readonly bench: Bench = nodeBench()
  readonly log
  readonly partition: Partition
  readonly ends: (() => void)[] = []
  readonly heard: string[] = []
  /** Sets of in-sync replicas that were asked for. */
  readonly asked: (readonly number[])[] = []
  readonly epochs = new Map([
    [2, 20],
    [3, 30],
  ])
  /** Whether this broker's own lease has certainly not ended. */
  isCertainlyAlive = true
  partitionEpoch = 0
  readonly #connections = new Map<number, object>()

  constructor(config: Record<string, string> = {}, isr: readonly number[] = [1, 2, 3]) {
    this.log = openLog(this.bench, { config: { 'min.insync.replicas': '2', ...config } })
    this.partition = new Partition({
      topic: 't',
      topicId: this.log.topicId,
      index: 0,
      log: this.log,
      leading: { leaderEpoch: 5, partitionEpoch: 0, replicas: [1, 2, 3], isr },
      highWatermark: 0,
      cluster: {
        nodeId: 1,
        clock: this.bench.clock,
        brokerEpoch: (id) => this.epochs.get(id) ?? -1,
        isCertainlyAlive: () => this.isCertainlyAlive,
      },
      turn: new Turn({ after: () => ({ cancel() {} }), endOfTurn: (run) => void this.ends.push(run) }),
      events: {
        dirty() {},
        failed: (_partition, error) => assert.fail(error),
        isrFound: (_partition, found) => void this.asked.push(found),
      },
    })
  }

  endTurn(): void {
    while (this.ends.length > 0) for (const run of this.ends.splice(0)) run()
  }

  append(count = 1): number {
    const records = Array.from({ length: count }, () => ({ value: 'v' }))
    const batch = sliceOf(encodeBatch({ records }))
    const header = new BatchHeader()
    readBatchHeader(batch.view, batch.start, header)
    const { errorCode, lastOffset } = this.partition.append(batch, header)
    assert.equal(errorCode, NONE)
    return lastOffset + 1
  }

  /** A follower's poll that waits. */
  poll(name: string): void {
    this.partition.addFollowerFetch({ wake() {}, hurry: () => void this.heard.push(name) })
  }

  wait(name: string, needsInSync = false): OffsetWait {
    return { reached: (code) => void this.heard.push(`${name} ${code}`), needsInSync }
  }

  /** A follower asks for what follows `offset`. */
  ask(id: number, offset: number, epoch = this.epochs.get(id)!): void {
    this.asks(id, epoch, offset)
    this.endTurn()
  }

  /** The same amid a turn, by one whose log begins at `startOffset`. */
  asks(id: number, epoch: number, offset: number, startOffset = -1): void {
    const connection = this.#connections.getOrInsertComputed(id, () => ({}))
    this.partition.askedBy(id, epoch, offset, startOffset, connection)
  }

  /** The metadata says who is in sync. */
  isr(...isr: number[]): void {
    this.leads({ isr })
  }

  /** The metadata says more of it. */
  leads(fields: Pick<ReplicaSets, 'isr'> & Partial<ReplicaSets>): void {
    this.partitionEpoch++
    this.partition.lead({ leaderEpoch: 5, partitionEpoch: this.partitionEpoch, replicas: [1, 2, 3], ...fields })
    this.endTurn()
  }

  [Symbol.dispose](): void {
    this.log.close(false)
    this.bench[Symbol.dispose]()
  }
}

describe('a leader with followers', () => {
  it('shows and acknowledges what all that are in sync have', () => {
    using scene = new Scene()
    const end = scene.append(3)
    scene.partition.waitFor(end, scene.wait('all'))
    scene.endTurn()
    scene.ask(2, 3)
    assert.equal(scene.partition.highWatermark, 0)
    scene.ask(3, 2)
    assert.equal(scene.partition.highWatermark, 2)
    assert.deepEqual(scene.heard, [])
    scene.ask(3, 3)
    assert.equal(scene.partition.highWatermark, 3)
    assert.deepEqual(scene.heard, ['all 0'])
  })

  it('acknowledges what it takes after it had no room for the first of all, which is undone and nobody else', () => {
    using scene = new Scene({ 'min.insync.replicas': '1' }, [1])
    const { disk, clock } = scene.bench
    const open = disk.open
    disk.open = () => {
      throw Object.assign(new Error('no room'), { code: 'ENOSPC' })
    }
    const batch = sliceOf(encodeBatch({ records: [{ value: 'v' }] }))
    const header = new BatchHeader()
    readBatchHeader(batch.view, batch.start, header)
    assert.equal(scene.partition.append(batch, header).errorCode, errors.NOT_ENOUGH_REPLICAS.code)
    disk.open = open
    clock.time += 2000
    scene.endTurn()
    const end = scene.append()
    scene.partition.waitFor(end, scene.wait('later'))
    scene.endTurn()
    assert.deepEqual(scene.heard, ['later 0'])
    assert.equal(scene.log.endOffset, 1)
  })

  it('shows nothing that is not written yet, whoever is ahead', () => {
    using scene = new Scene({ 'min.insync.replicas': '1' }, [1])
    scene.append()
    scene.asks(2, 19, 0)
    assert.equal(scene.partition.highWatermark, 0)
    scene.endTurn()
    assert.equal(scene.partition.highWatermark, 1)
    scene.append()
    scene.asks(2, 19, 1)
    assert.equal(scene.partition.highWatermark, 1)
  })

  it('takes out who lags, tells who waits that too few are left, and shows no more than before', () => {
    using scene = new Scene()
    scene.append()
    scene.endTurn()
    for (const id of [2, 3]) scene.ask(id, 1)
    const end = scene.append()
    scene.partition.waitFor(end, scene.wait('acks=all', true))
    scene.partition.waitFor(end, scene.wait('other'))
    scene.endTurn()
    scene.bench.clock.time += LAG_MS + 1
    scene.partition.checkLag(LAG_MS)
    assert.deepEqual(scene.asked, [[1]])
    scene.partition.checkLag(LAG_MS)
    assert.equal(scene.asked.length, 1, 'one change at a time')
    scene.isr(1)
    scene.partition.isrDecided(NONE)
    assert.deepEqual(scene.heard, [`acks=all ${errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND.code}`])
    assert.equal(scene.partition.hasMinInsyncReplicas, false)
    assert.equal(scene.partition.highWatermark, 1, 'what this broker alone has may be lost with it')
    scene.ask(2, 2)
    assert.deepEqual(scene.asked.at(-1), [1, 2])
    scene.isr(1, 2)
    scene.partition.isrDecided(NONE)
    assert.equal(scene.partition.highWatermark, 2)
    assert.deepEqual(scene.heard.at(-1), 'other 0')
  })

  it('counts one that is about to come in before it hears that it has', () => {
    using scene = new Scene({}, [1, 2])
    scene.append()
    scene.endTurn()
    scene.ask(2, 1)
    scene.ask(3, 1)
    assert.deepEqual(scene.asked, [[1, 2, 3]])
    scene.append()
    scene.endTurn()
    scene.ask(2, 2)
    assert.equal(scene.partition.highWatermark, 1, 'perhaps 3 is in sync already')
    scene.partition.isrDecided(errors.REQUEST_TIMED_OUT.code)
    assert.equal(scene.partition.highWatermark, 1, 'nobody knows whether it is')
    scene.isr(1, 2)
    assert.equal(scene.partition.highWatermark, 2, 'the metadata has decided otherwise')
  })

  it('shows no more as long as one is eligible to lead that is not in sync', () => {
    using scene = new Scene({ 'min.insync.replicas': '1' })
    scene.append()
    scene.endTurn()
    scene.leads({ isr: [1], elr: [2] })
    assert.equal(scene.partition.highWatermark, 0, 'it is thought that more must be in sync')
    assert.equal(scene.partition.hasMinInsyncReplicas, false, 'what is not committed is not promised either')
    scene.leads({ isr: [1] })
    assert.equal(scene.partition.highWatermark, 1)
    assert.equal(scene.partition.hasMinInsyncReplicas, true)
  })

  it('has nobody begin to wait for what too few in sync can commit', () => {
    using scene = new Scene({}, [1])
    const end = scene.append()
    scene.partition.waitFor(end, scene.wait('a read', true))
    scene.partition.waitFor(end, scene.wait('other'))
    assert.deepEqual(scene.heard, [], 'it hears of it at the end of the turn')
    scene.endTurn()
    assert.deepEqual(scene.heard, [`a read ${errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND.code}`])
    assert.equal(scene.partition.waiting, 1)
  })

  it('tells who waits for a deletion when nothing of it is left on any replica that is alive', () => {
    using scene = new Scene()
    scene.append(4)
    scene.endTurn()
    for (const id of [2, 3]) scene.ask(id, 4)
    scene.log.advanceStartOffset(3)
    scene.partition.changed()
    scene.partition.waitForDeletion(3, scene.wait('deleted'))
    scene.endTurn()
    assert.deepEqual([scene.heard, scene.partition.lowWatermark], [[], -1], 'nobody has said where its log begins')
    scene.asks(2, 20, 4, 3)
    scene.asks(3, 30, 4, 2)
    assert.deepEqual([scene.heard, scene.partition.lowWatermark], [[], 2])
    scene.epochs.delete(3)
    scene.partition.brokerMoved(3)
    assert.deepEqual([scene.heard, scene.partition.lowWatermark], [['deleted 0'], 3], 'who is dead does not count')
  })

  it('waits for no replica whose log is offline to let go, and forgets who gave up', () => {
    using scene = new Scene()
    scene.append(4)
    scene.endTurn()
    for (const id of [2, 3]) scene.ask(id, 4)
    scene.log.advanceStartOffset(3)
    scene.partition.changed()
    const [first, second] = [scene.wait('first'), scene.wait('second')]
    for (const wait of [first, second]) scene.partition.waitForDeletion(3, wait)
    scene.partition.removeDeletion(first)
    assert.equal(scene.partition.waiting, 1)
    scene.asks(2, 20, 4, 3)
    assert.deepEqual(scene.heard, [])
    scene.leads({ isr: [1, 2], offline: [3] })
    assert.deepEqual([scene.heard, scene.partition.lowWatermark], [['second 0'], 3])
  })

  it('lets nobody in who asks in the name of a registration that is over, or who lacks what was there before', () => {
    using scene = new Scene({}, [1, 2])
    scene.append(2)
    scene.endTurn()
    scene.ask(2, 2)
    scene.ask(3, 2, 29)
    scene.ask(3, 1)
    assert.deepEqual(scene.asked, [])
    scene.epochs.delete(3)
    scene.ask(3, 2, 30)
    assert.deepEqual(scene.asked, [], 'it is gone')
  })

  it('has followers ask again when one is registered anew, or is in sync no more', () => {
    using scene = new Scene()
    scene.append()
    scene.endTurn()
    for (const id of [2, 3]) scene.ask(id, 1)
    scene.poll('a poll')
    scene.leads({ isr: [1, 2, 3] })
    assert.deepEqual(scene.heard, [], 'nothing is new')
    scene.isr(1, 2)
    assert.deepEqual(scene.heard, ['a poll'])
    scene.isr(1, 2, 3)
    assert.equal(scene.heard.length, 1, 'who comes in has asked')
    scene.epochs.set(3, 31)
    scene.partition.brokerMoved(3)
    assert.deepEqual(scene.heard, ['a poll', 'a poll'])
  })

  it('waits for the disk alone where only that is asked for', async () => {
    using scene = new Scene({ 'flush.mode': 'sync' })
    const end = scene.append()
    scene.partition.waitForFlush(end, scene.wait('acks=1'))
    scene.partition.waitFor(end, scene.wait('acks=all'))
    scene.endTurn()
    for (const id of [2, 3]) scene.ask(id, 1)
    assert.deepEqual(scene.heard, [], 'the leader counts up to what is durable')
    await new Promise((resolve) => scene.log.flush(resolve))
    scene.partition.flushed()
    scene.endTurn()
    assert.deepEqual(scene.heard, ['acks=1 0', 'acks=all 0'])
  })

  it('says where the history of a follower parts from its own', () => {
    using scene = new Scene()
    scene.append(4)
    scene.endTurn()
    assert.equal(scene.partition.divergence(5, 4), null)
    assert.deepEqual(scene.partition.divergence(5, 6), { epoch: 5, endOffset: 4 })
    assert.deepEqual(scene.partition.divergence(4, 2), { epoch: 4, endOffset: 0 })
    assert.deepEqual(scene.partition.divergence(7, 9), { epoch: 5, endOffset: 4 }, 'an epoch that never was here')
    assert.equal(scene.partition.divergence(-1, 9), null)
  })

  it('is certain that it leads when those that are eligible and live asked too, not only who is in sync', () => {
    using scene = new Scene()
    scene.leads({ isr: [1], elr: [2] })
    scene.partition.waitForProof(scene.wait('first'))
    scene.endTurn()
    scene.ask(2, 0)
    assert.deepEqual(scene.heard, [], 'that may have been on its way when 2 was made leader')
    scene.ask(2, 0)
    assert.deepEqual(scene.heard, ['first 0'])
    scene.partition.waitForProof(scene.wait('second'))
    scene.endTurn()
    assert.deepEqual(scene.heard, ['first 0'])
    scene.partition.isrDecided(errors.INELIGIBLE_REPLICA.code)
    scene.epochs.delete(2)
    scene.partition.brokerMoved(2)
    scene.partition.prove()
    scene.partition.waitForProof(scene.wait('third'))
    scene.endTurn()
    assert.deepEqual(scene.heard, ['first 0', 'second 0', 'third 0'], 'nobody is there who could lead')
  })

  it('commits without one that was to come in and is gone, where nobody knows whether that was stored, unless it was', () => {
    for (const isStored of [false, true]) {
      using scene = new Scene({ 'min.insync.replicas': '1' }, [1])
      scene.ask(2, 0)
      scene.append()
      scene.endTurn()
      scene.partition.isrDecided(errors.REQUEST_TIMED_OUT.code)
      scene.partition.brokersKnown()
      scene.endTurn()
      assert.equal(scene.partition.highWatermark, 0, 'it lives, and may be in sync')
      scene.epochs.delete(2)
      scene.partition.brokerMoved(2)
      if (isStored) scene.isr(1, 2)
      scene.partition.brokersKnown()
      scene.endTurn()
      assert.equal(scene.partition.highWatermark, isStored ? 0 : 1)
    }
  })

  it('takes nobody who is eligible for gone while it may be gone itself for others: what it knows may be old', () => {
    using scene = new Scene()
    scene.leads({ isr: [1], elr: [2, 3], offline: [3] })
    scene.epochs.delete(2)
    scene.partition.brokerMoved(2)
    scene.isCertainlyAlive = false
    scene.partition.waitForProof(scene.wait('proof'))
    scene.endTurn()
    assert.deepEqual(scene.heard, [], 'another led since, in an epoch that is not known here')
    scene.isCertainlyAlive = true
    scene.partition.prove()
    assert.deepEqual(scene.heard, ['proof 0'])
  })

  it('may be replaced while its own lease may have ended, but not where it has the only replica', () => {
    using scene = new Scene()
    assert.equal(scene.partition.mayBeReplaced, false)
    scene.isCertainlyAlive = false
    assert.equal(scene.partition.mayBeReplaced, true)
    scene.leads({ isr: [1], replicas: [1] })
    assert.equal(scene.partition.mayBeReplaced, false)
  })

  it('is not certain that it leads before one asked that may be in sync by now, even if it seems to be gone', () => {
    using scene = new Scene({ 'min.insync.replicas': '1' }, [1])
    scene.ask(2, 0)
    assert.deepEqual(scene.asked, [[1, 2]])
    scene.epochs.delete(2)
    scene.partition.brokerMoved(2)
    scene.partition.waitForProof(scene.wait('proof'))
    scene.endTurn()
    assert.deepEqual(scene.heard, [])
    scene.partition.isrDecided(errors.INELIGIBLE_REPLICA.code)
    assert.deepEqual(scene.heard, ['proof 0'], 'nobody is in sync beside it')
  })

  it('ends all that waits when it leads no more', () => {
    using scene = new Scene()
    const end = scene.append()
    scene.partition.waitFor(end, scene.wait('all'))
    scene.partition.waitForProof(scene.wait('proof'))
    scene.partition.close(errors.NOT_LEADER_OR_FOLLOWER.code)
    scene.endTurn()
    assert.deepEqual(scene.heard.sort(), ['all 6', 'proof 6'])
    scene.ask(2, 1)
    assert.equal(scene.partition.highWatermark, 0)
  })
})
