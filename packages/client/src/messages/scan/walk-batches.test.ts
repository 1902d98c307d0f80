import { deepEqual, equal } from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBatch, encodeEndTransactionMarker, sliceOf } from '@odradek/protocol'
import type { FetchedPartition } from './fetch-batches.ts'
import { BatchWalk, offsetAfter, WalkCounts } from './walk-batches.ts'

const data = (baseOffset: number, producerId: number, ...values: string[]) =>
  encodeBatch({
    records: values.map((value) => ({ value })),
    baseOffset,
    ...(producerId >= 0 && { transactional: true, producerId, producerEpoch: 0, baseSequence: 0 }),
  })
const marker = (baseOffset: number, producerId: number, committed: boolean) =>
  encodeEndTransactionMarker({ committed, producerId, producerEpoch: 0, coordinatorEpoch: 0, timestamp: 0, baseOffset })

/** Two producers interleaved: 7 rolls back, then commits; 8 commits. */
const log = Buffer.concat([
  data(0, 7, 'a0', 'a1'),
  data(2, 8, 'b0'),
  data(3, -1, 'plain'),
  marker(4, 7, false),
  data(5, 7, 'c0', 'c1'),
  marker(7, 8, true),
  marker(8, 7, true),
])
const fetched: FetchedPartition = {
  partition: 0,
  errorCode: 0,
  highWatermark: 9,
  lastStableOffset: 9,
  logStartOffset: 0,
  abortedTransactions: [{ producerId: 7, firstOffset: 0 }],
  records: sliceOf(log),
}

function walk(from: number, upTo: number, readCommitted: boolean) {
  const counts = new WalkCounts()
  const walk = new BatchWalk(counts)
  const seen: string[] = []
  walk.run(fetched, from, upTo, readCommitted, (cursor) => {
    seen.push(`${cursor.offset}:${cursor.value()}`)
    return true
  })
  return { seen, counts, reached: walk.reached }
}

test('a committed read leaves out what was rolled back, and counts it', () => {
  const { seen, counts, reached } = walk(0, 9, true)
  deepEqual(seen, ['2:b0', '3:plain', '5:c0', '6:c1'])
  equal(counts.rolledBack, 2)
  equal(counts.markers, 3)
  equal(reached, 9)
})

test('an uncommitted read has everything but markers', () => {
  deepEqual(walk(0, 9, false).seen, ['0:a0', '1:a1', '2:b0', '3:plain', '5:c0', '6:c1'])
})

test('a walk that begins in the middle knows what was rolled back before', () => {
  deepEqual(walk(1, 9, true).seen, ['2:b0', '3:plain', '5:c0', '6:c1'])
  deepEqual(walk(6, 9, true).seen, ['6:c1'])
  deepEqual(walk(1, 3, false).seen, ['1:a1', '2:b0'])
})

test('a walk that is ended by its visitor stands behind what that saw', () => {
  const walk = new BatchWalk(new WalkCounts())
  equal(
    walk.run(fetched, 0, 9, false, ({ offset }) => offset < 1),
    false,
  )
  equal(walk.reached, 2)
  equal(offsetAfter(fetched, 0), 9)
})

test('a damaged batch is noted and stepped over', () => {
  const broken = Buffer.from(log)
  broken[61] = 0x03
  const counts = new WalkCounts()
  const seen: number[] = []
  new BatchWalk(counts).run(
    { ...fetched, records: sliceOf(broken) },
    0,
    9,
    false,
    ({ offset }) => seen.push(offset) > 0,
  )
  deepEqual(seen, [2, 3, 5, 6])
  equal(counts.notes.length, 1)
})
