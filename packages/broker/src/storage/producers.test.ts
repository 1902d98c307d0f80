import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type BatchOptions, encodeBatch, errors } from '@odradek/protocol'
import type { Log } from './log.ts'
import { append, appendMarker, appendRecords, nodeBench, openLog } from './testing/log-kit.ts'

const NONE = errors.NONE.code
const OUT_OF_ORDER = errors.OUT_OF_ORDER_SEQUENCE_NUMBER.code
const SEQUENCE_MAX = 0x7fff_ffff

function produce(log: Log, baseSequence: number, count = 1, options: BatchOptions = {}) {
  const records = Array.from({ length: count }, (_, at) => ({ value: `v${at}`, timestamp: 100 }))
  return append(log, encodeBatch({ producerId: 5, producerEpoch: 0, ...options, baseSequence, records }))
}

describe('the bound on producers', () => {
  const write = (log: Log, producerId: number, timestamp: number, options: BatchOptions = {}) =>
    appendRecords(log, [{ value: 'v', timestamp }], { producerId, producerEpoch: 0, baseSequence: 0, ...options })
  const known = (log: Log) => [...log.producers()].map(({ producerId }) => producerId).sort((a, b) => a - b)

  it('forgets the one that wrote longest ago first', () => {
    using bench = nodeBench()
    const log = openLog(bench, { producerIdsMax: 4 })
    for (const [id, timestamp] of [
      [1, 500],
      [2, 100],
      [3, 300],
      [4, 200],
    ] as const)
      write(log, id, timestamp)
    assert.deepEqual(known(log), [1, 2, 3, 4])
    write(log, 5, 50)
    assert.deepEqual(known(log), [1, 3, 4, 5], 'the newest stays, however old its records say they are')
    write(log, 6, 600)
    assert.deepEqual(known(log), [1, 3, 4, 6])
  })

  it('keeps those in a transaction, even past the bound', () => {
    using bench = nodeBench()
    const log = openLog(bench, { producerIdsMax: 2 })
    for (const id of [1, 2, 3]) write(log, id, id, { transactional: true })
    assert.deepEqual(known(log), [1, 2, 3])
    write(log, 4, 4)
    write(log, 5, 5)
    assert.deepEqual(known(log), [1, 2, 3, 5])
  })
})

describe('idempotence', () => {
  it('answers each of the last five batches, sent again, with the offsets it has', () => {
    using bench = nodeBench()
    const log = openLog(bench)
    const sent = [1, 3, 2, 1, 4, 2, 5].map((count, at, counts) => {
      const sequence = counts.slice(0, at).reduce((sum, one) => sum + one, 0)
      return { sequence, count, answer: produce(log, sequence, count) }
    })
    const { endOffset } = log
    for (const { sequence, count, answer } of sent.slice(-5)) {
      assert.deepEqual(produce(log, sequence, count), { ...answer, duplicate: true })
    }
    assert.equal(log.endOffset, endOffset)
    for (const { sequence, count } of sent.slice(0, 2))
      assert.equal(produce(log, sequence, count).errorCode, OUT_OF_ORDER)
    const last = sent.at(-1)!
    assert.equal(produce(log, last.sequence, last.count - 1).errorCode, OUT_OF_ORDER, 'part of a batch is no duplicate')
    assert.equal(produce(log, last.sequence + 1, last.count).errorCode, OUT_OF_ORDER, 'nor one that overlaps')
  })

  it('refuses gaps, old epochs and new epochs that do not begin at 0', () => {
    using bench = nodeBench()
    const log = openLog(bench)
    const steps: [sequence: number, epoch: number, code: number][] = [
      [7, 1, NONE], // An id that is not known may begin anywhere.
      [9, 1, OUT_OF_ORDER],
      [8, 1, NONE],
      [7, 0, errors.INVALID_PRODUCER_EPOCH.code],
      [9, 0, errors.INVALID_PRODUCER_EPOCH.code],
      [9, 2, OUT_OF_ORDER],
      [0, 2, NONE],
      [8, 1, errors.INVALID_PRODUCER_EPOCH.code],
      [0, 2, NONE], // A duplicate.
      [1, 2, NONE],
    ]
    for (const [sequence, producerEpoch, code] of steps) {
      const { endOffset } = log
      const answer = produce(log, sequence, 1, { producerEpoch })
      assert.equal(answer.errorCode, code, `sequence ${sequence}, epoch ${producerEpoch}`)
      if (code !== NONE) assert.equal(log.endOffset, endOffset)
    }
    assert.equal(produce(log, 3, 1, { producerId: 6 }).errorCode, NONE, 'another producer is another matter')
  })

  it('goes from the greatest sequence to 0', () => {
    using bench = nodeBench()
    const log = openLog(bench)
    assert.equal(produce(log, SEQUENCE_MAX - 1, 2).errorCode, NONE)
    assert.equal(produce(log, 0, 1).errorCode, NONE)
    assert.equal(produce(log, SEQUENCE_MAX - 1, 2).duplicate, true)
    const wrapping = openLog({ ...bench, directory: `${bench.directory}/other` })
    assert.equal(produce(wrapping, SEQUENCE_MAX - 1, 4).errorCode, NONE, 'within a batch')
    assert.equal([...wrapping.producers()][0]!.lastSequence, 1)
    assert.equal(produce(wrapping, SEQUENCE_MAX - 1, 4).duplicate, true)
    assert.equal(produce(wrapping, 2, 1).errorCode, NONE)
  })

  it('knows the last five batches of each producer after a clean stop, and after a crash', () => {
    using bench = nodeBench()
    let log = openLog(bench, { config: { 'segment.bytes': '300' } })
    for (let sequence = 0; sequence < 8; sequence++) produce(log, sequence)
    log.close(true)
    log = openLog(bench)
    for (const sequence of [3, 4, 5, 6, 7]) assert.equal(produce(log, sequence).duplicate, true, String(sequence))
    assert.equal(produce(log, 2).errorCode, OUT_OF_ORDER)
    assert.equal(produce(log, 8).errorCode, NONE)
    log.write()
    log.close(false)
    log = openLog(bench, { clean: false })
    for (const sequence of [8, 7, 6, 5, 4]) assert.equal(produce(log, sequence).duplicate, true, String(sequence))
    assert.equal(produce(log, 3).errorCode, OUT_OF_ORDER)
  })

  it('forgets producers that wrote nothing for long, unless a transaction of theirs is open', () => {
    using bench = nodeBench()
    const log = openLog(bench)
    produce(log, 0)
    produce(log, 0, 1, { producerId: 6, transactional: true })
    log.expireProducers(100 + 86_400_000 - 1)
    assert.equal([...log.producers()].length, 2)
    log.expireProducers(100 + 86_400_000)
    assert.deepEqual(
      [...log.producers()].map(({ producerId }) => producerId),
      [6],
    )
    assert.equal(produce(log, 55).errorCode, NONE)
  })

  it('does not ask the broker for sequences', () => {
    using bench = nodeBench()
    const log = openLog(bench)
    for (let at = 0; at < 3; at++) assert.equal(produce(log, -1, 2).errorCode, NONE)
    assert.equal(produce(log, -1, 1, { producerEpoch: 3 }).errorCode, NONE)
    assert.equal(produce(log, -1, 1, { producerEpoch: 2 }).errorCode, errors.INVALID_PRODUCER_EPOCH.code)
  })
})

describe('transactions in a log', () => {
  const config = { 'segment.bytes': '400' }
  const marker = { producerEpoch: 0, coordinatorEpoch: 1, timestamp: 200 }

  /** Two producers whose transactions interleave with each other and with a plain one. */
  function story(log: Log): void {
    const inTransaction = (producerId: number, sequence: number) =>
      produce(log, sequence, 2, { producerId, transactional: true })
    appendRecords(log, [{ value: 'plain' }]) // 0
    inTransaction(10, 0) // 1, 2
    inTransaction(11, 0) // 3, 4
    appendRecords(log, [{ value: 'plain' }]) // 5
    inTransaction(10, 2) // 6, 7
    appendMarker(log, { ...marker, producerId: 10, committed: false }) // 8
    inTransaction(10, 4) // 9, 10
    appendMarker(log, { ...marker, producerId: 11, committed: true }) // 11
    appendMarker(log, { ...marker, producerId: 10, committed: false }) // 12
    appendRecords(log, [{ value: 'plain' }]) // 13
    inTransaction(11, 2) // 14, 15
  }

  it('end for readers of committed records before the first that is open or not replicated', () => {
    using bench = nodeBench()
    const log = openLog(bench, { config })
    appendRecords(log, [{ value: 'plain' }])
    assert.equal(log.lastStableOffset(1), 1)
    produce(log, 0, 2, { producerId: 10, transactional: true })
    produce(log, 0, 2, { producerId: 11, transactional: true })
    assert.equal(log.lastStableOffset(5), 1)
    assert.equal(log.lastStableOffset(1), 1)
    appendMarker(log, { ...marker, producerId: 10, committed: true })
    assert.equal(log.lastStableOffset(5), 1, 'the marker is not below the high watermark')
    assert.equal(log.lastStableOffset(6), 3)
    appendMarker(log, { ...marker, producerId: 11, committed: false })
    assert.equal(log.lastStableOffset(6), 3)
    assert.equal(log.lastStableOffset(7), 7)
  })

  it('tell readers which were aborted, the same after a clean stop and after a crash', () => {
    using bench = nodeBench()
    let log = openLog(bench, { config })
    story(log)
    const check = (where: string) => {
      const aborted = (from: number, to: number) =>
        log.abortedTransactions(from, to).map(({ firstOffset }) => firstOffset)
      assert.deepEqual(aborted(0, 16), [1, 9], where)
      assert.deepEqual(aborted(0, 1), [], where)
      assert.deepEqual(aborted(0, 2), [1], where)
      assert.deepEqual(aborted(8, 9), [1], where)
      assert.deepEqual(aborted(9, 16), [9], where)
      assert.deepEqual(aborted(13, 16), [], where)
      assert.equal(log.lastStableOffset(16), 14, where)
      assert.deepEqual(
        log
          .segments()
          .map(({ aborted: entries }) => entries.length)
          .reduce((a, b) => a + b),
        2,
      )
      const stable = log
        .segments()
        .flatMap(({ aborted: entries }) => entries.map(({ lastStableOffset }) => lastStableOffset))
      assert.deepEqual(stable, [3, 13], where)
    }
    check('at once')
    log.write()
    log.close(false)
    log = openLog(bench, { config, clean: false })
    check('after a crash')
    log.close(true)
    log = openLog(bench, { config })
    check('after a stop')
    log.close(true)
    log = openLog(bench, { config, clean: false, recoveryPoint: 16 })
    check('after a crash with a recovery point')
  })

  it('refuse plain records in between, stale markers and old epochs', () => {
    using bench = nodeBench()
    const log = openLog(bench)
    produce(log, 0, 1, { transactional: true, producerEpoch: 2 })
    assert.equal(produce(log, 1, 1, { producerEpoch: 2 }).errorCode, errors.INVALID_TXN_STATE.code)
    const end = { ...marker, producerId: 5, committed: true }
    assert.equal(appendMarker(log, { ...end, producerEpoch: 1 }).errorCode, errors.INVALID_PRODUCER_EPOCH.code)
    assert.equal(appendMarker(log, { ...end, producerEpoch: 2, coordinatorEpoch: 4 }).errorCode, NONE)
    assert.equal(
      appendMarker(log, { ...end, producerEpoch: 2, coordinatorEpoch: 3 }).errorCode,
      errors.TRANSACTION_COORDINATOR_FENCED.code,
    )
    // The epoch rises with the end of a transaction (KIP-890): the next one begins anew.
    assert.equal(appendMarker(log, { ...end, producerEpoch: 3, coordinatorEpoch: 4 }).errorCode, NONE)
    assert.equal(produce(log, 1, 1, { transactional: true, producerEpoch: 3 }).errorCode, OUT_OF_ORDER)
    assert.equal(produce(log, 0, 1, { transactional: true, producerEpoch: 3 }).errorCode, NONE)
    assert.equal(
      produce(log, 0, 1, { transactional: true, producerEpoch: 2 }).errorCode,
      errors.INVALID_PRODUCER_EPOCH.code,
    )
  })
})
