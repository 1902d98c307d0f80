import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errors } from '@odradek/protocol'
import { DiskRoom } from './disk-room.ts'
import { RecencyBound } from './recency-bound.ts'
import { append, nodeBench, openLog, quiet, sampleBatch, TestClock } from './testing/log-kit.ts'

test('more logs are not appended to at once than there may be files that wait for their flush', () => {
  const openFiles = new RecencyBound(2, 4)
  using benches = new DisposableStack()
  const all = Array.from({ length: 6 }, () => benches.use(nodeBench({ inMemory: true })))
  const clock = new TestClock()
  const room = new DiskRoom(clock, quiet, '/data')
  const logs = all.map((bench) => openLog(bench, { openFiles, room }))
  const codes = logs.map((log) => append(log, sampleBatch(1)).errorCode)
  const refused = errors.NOT_ENOUGH_REPLICAS.code
  assert.deepEqual(codes, [0, 0, 0, 0, refused, refused])
  assert.equal(openFiles.isCrowded(), true)
  assert.deepEqual(
    logs.map(({ endOffset }) => endOffset),
    [2, 2, 2, 2, 0, 0],
  )
  assert.equal(append(logs[0]!, sampleBatch(1)).errorCode, 0, 'one whose file waits anyway is appended to')
  assert.deepEqual([room.isLackingFiles, room.isLacking], [true, false], 'the disk has room')
  for (const log of logs) log.flushNow()
  assert.equal(append(logs[5]!, sampleBatch(1)).errorCode, refused, 'not asked for again at once')
  clock.time += 100
  assert.deepEqual(
    logs.slice(4).map((log) => append(log, sampleBatch(1)).errorCode),
    [0, 0],
  )
  assert.deepEqual(
    logs.map(({ failed, endOffset, undone }) => ({ failed, endOffset, undone })),
    [4, 2, 2, 2, 2, 2].map((endOffset) => ({ failed: null, endOffset, undone: 0 })),
  )
  clock.time += 10_000
  assert.equal(room.isLackingFiles, false)
  for (const log of logs) log.close(true)
})
