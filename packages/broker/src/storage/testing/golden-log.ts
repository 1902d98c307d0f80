/** A log written from a fixed list of batches, for the tests that compare it byte by byte. */
import { encodeBatch } from '@odradek/protocol'
import type { Log } from '../log.ts'
import { append, appendMarker } from './log-kit.ts'

/** What the golden log is configured with. */
export const goldenConfig = { 'segment.bytes': '900', 'index.interval.bytes': '150' }

/**
 * Appends the golden batches: plain ones, one of every codec that has deterministic output, an idempotent producer, a
 * transaction that commits and one that aborts, tombstones, headers, two epochs; several segments.
 */
export function writeGoldenLog(log: Log): void {
  const time = 1_700_000_000_000
  const record = (key: string | null, value: string | null, at: number) => ({ key, value, timestamp: time + at })
  append(log, encodeBatch({ records: [record('a', 'one', 0), record(null, 'two', 5)] }), 0)
  append(
    log,
    encodeBatch({ records: [{ ...record('b', 'three', 3), headers: [{ key: 'h', value: Buffer.from([1]) }] }] }),
    0,
  )
  for (let index = 0; index < 4; index++) {
    const records = [record(`k${index}`, 'x'.repeat(60), 10 + index)]
    append(log, encodeBatch({ records, producerId: 4000, producerEpoch: 1, baseSequence: index }), 2)
  }
  const transactional = { transactional: true, producerId: 4001, producerEpoch: 0 }
  append(log, encodeBatch({ records: [record('t', 'abort me', 20)], ...transactional, baseSequence: 0 }), 2)
  append(log, encodeBatch({ records: [record('d', null, 15)] }), 2)
  const marker = { producerId: 4001, producerEpoch: 0, coordinatorEpoch: 3, timestamp: time + 30 }
  appendMarker(log, { ...marker, committed: false }, 2)
  append(
    log,
    encodeBatch({ records: [record('t', 'keep me', 31), record('u', '', 32)], ...transactional, baseSequence: 1 }),
    2,
  )
  appendMarker(log, { ...marker, timestamp: time + 40, committed: true }, 2)
  for (let index = 0; index < 5; index++) {
    const records = [record('e', `${index}`.repeat(40), 50 + index), record('f', 'y', 49)]
    append(log, encodeBatch({ records }), 5)
  }
  append(log, encodeBatch({ records: [record('o', 'open', 60)], ...transactional, baseSequence: 3 }), 5)
}
