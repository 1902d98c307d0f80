/** Old segments of an intake log, and what still waits in them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveBrokerConfig, resolveTopicConfig } from '@odradek/config'
import { encodeBatch } from '@odradek/protocol'
import { createSimHost } from '../host/sim/index.ts'
import { LogDirectory } from '../storage/log-directory.ts'
import { append, quiet, TOPIC_ID } from '../storage/testing/log-kit.ts'
import { IntakeCleaner } from './intake-cleaner.ts'
import { IntakeMachine } from './intake-machine.ts'
import { type MovedNote, VISIBLE } from './intake-note.ts'
import { RecordFinder } from './intake-reader.ts'
import { StoredRecord } from './stored-record.ts'

const RECORDS = 100

test('long waiters are moved forward, but none that wait for another time than their bodies tell', () => {
  const host = createSimHost(1)
  const directory = LogDirectory.open({ host, path: '/data', nodeId: 1, config: resolveBrokerConfig(), logger: quiet })
  directory.setClusterId('c')
  const log = directory.openLog('__intake.t', 0, TOPIC_ID, resolveTopicConfig({ 'segment.bytes': '200000' }))
  const machine = new IntakeMachine()
  for (let offset = 0; offset < RECORDS; offset++) {
    append(log, encodeBatch({ records: [{ key: `k${offset}`, value: Buffer.alloc(4000), timestamp: 1 }] }))
    log.write()
    machine.accepted(offset, 1_000_000 + offset, VISIBLE)
  }
  assert.ok(log.segments().length >= 2)
  const others = Array.from({ length: RECORDS }, (_, offset) => offset).filter((offset) => offset > 3)
  machine.replay(machine.recall(others)!, RECORDS)
  machine.replay(machine.reschedule([1], 5)!, RECORDS + 1)
  machine.replay(machine.bury([2], 5)!, RECORDS + 2)
  const moved: MovedNote[] = []
  const cleaner = new IntakeCleaner({
    log,
    machine,
    targets: () => [],
    bodies: (offsets) => {
      const found = new Map<number, StoredRecord>()
      const finder = new RecordFinder(log, offsets, {
        found: (at, cursor) => found.set(offsets[at]!, StoredRecord.copyOf(cursor, 1_000_000 + offsets[at]!)),
        missing: () => {},
      })
      while (!finder.isDone) finder.step()
      return found
    },
    move: (moves) => {
      for (const { note } of moves) moved.push(note)
      return true
    },
  })
  cleaner.clean(log.endOffset)
  assert.deepEqual(
    moved.map(({ offset, due, lane }) => [offset, due, lane]),
    [0, 3].map((offset) => [offset, 1_000_000 + offset, VISIBLE]),
  )
})
