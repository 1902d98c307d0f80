import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { native } from '@odradek/native'
import { fileName, LOG_SUFFIX } from './segment-files.ts'
import { appendRecords, nodeBench, openLog, readAll } from './testing/log-kit.ts'
import { ROOM_BYTES } from './unused-room.ts'

const MIB = 1024 * 1024
const SLACK_BYTES = 64 * 1024
const options = { skip: native === null ? 'without the addon nothing is reserved' : false }

/** Appends until the log has at least `bytes`; its batches are of about 60 KiB. */
function fill(log: ReturnType<typeof openLog>, bytes: number): void {
  const value = 'x'.repeat(60 * 1024)
  while (log.sizeInBytes < bytes) appendRecords(log, [{ value, timestamp: 1000 }])
  log.write()
}

/** Bytes the file system holds for a segment, beyond those that are in it. */
function reservedBytes(log: ReturnType<typeof openLog>, segment = 0): number {
  const { baseOffset } = log.segments()[segment]!
  const { blocks, size } = statSync(join(log.directory, fileName(baseOffset, LOG_SUFFIX)))
  return blocks * 512 - size
}

test(
  'a small segment reserves nothing, a large one grows by extents, of which its file shows 64 KiB at most',
  options,
  (context) => {
    using bench = nodeBench()
    const log = openLog(bench)
    fill(log, MIB / 2)
    assert.ok(reservedBytes(log) < SLACK_BYTES)
    fill(log, 2 * MIB)
    if (reservedBytes(log) < SLACK_BYTES) context.skip('this file system reserves nothing')
    assert.ok(reservedBytes(log) > MIB)
    const { size } = statSync(join(log.directory, fileName(0, LOG_SUFFIX)))
    assert.equal(size, Math.ceil(log.sizeInBytes / ROOM_BYTES) * ROOM_BYTES)
  },
)

test('what is reserved is given back at a roll, after idle time, at close and by recovery', options, () => {
  using bench = nodeBench()
  const rolled = openLog(bench)
  fill(rolled, 2 * MIB)
  rolled.roll()
  assert.ok(reservedBytes(rolled) < SLACK_BYTES, 'roll')

  fill(rolled, 5 * MIB)
  rolled.settle()
  rolled.settle()
  rolled.settle()
  assert.ok(reservedBytes(rolled, 1) < SLACK_BYTES, 'idle')

  fill(rolled, 9 * MIB)
  const records = readAll(rolled).length
  rolled.close(true)
  const closed = openLog(bench, { clean: true, recoveryPoint: rolled.endOffset })
  assert.ok(reservedBytes(closed, 1) < SLACK_BYTES, 'close')
  fill(closed, 14 * MIB)
  const after = readAll(closed).length
  assert.ok(after > records)
  closed.close(false)

  const recovered = openLog(bench, { clean: false, recoveryPoint: 0 })
  assert.ok(reservedBytes(recovered, 1) < SLACK_BYTES, 'recovery')
  assert.equal(readAll(recovered).length, after)
})
