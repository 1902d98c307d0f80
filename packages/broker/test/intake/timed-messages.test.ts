/** Timed messages as a client sees them (`message.type=DELAY`). */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Subject } from '../protocol/subject.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { batch, headerOf, readUntil, timed } from './timed-topic.ts'

const subject = await Subject.start()
const client = await subject.connect()
after(() => subject.close())

const DELAY = { configs: { 'message.type': 'DELAY' } }

test('a record appears at its time, as it was, and a batch is taken apart', async () => {
  const topic = await WireTopic.create(client, DELAY)
  const born = Date.now() - 5_000
  const answer = await topic.produce(
    batch([
      timed('late', 'TIMER_DELAY_MS', 300, born),
      timed('soon', 'TIMER_DELAY_MS', 100, born),
      { key: 'k', value: 'now', timestamp: born },
      timed('past', 'TIMER_DELIVER_MS', born, born),
    ]),
  )
  assert.deepEqual([answer.errorCode, answer.baseOffset, answer.logAppendTimeMs], [0, 0, -1])
  const records = await readUntil(topic, 4)
  assert.deepEqual(
    records.map(({ value, offset }) => [value, offset]),
    [
      ['past', 0],
      ['now', 1],
      ['soon', 2],
      ['late', 3],
    ],
  )
  for (const record of records) {
    assert.equal(headerOf(record, 'BORN_TIMESTAMP'), String(born))
    assert.ok(record.timestamp > born, 'the timestamp is that of the delivery')
  }
  assert.equal(records[3]!.key, 'key of late')
  assert.equal(headerOf(records[3]!, 'TIMER_DELAY_MS'), '300')
  const [, , soon, late] = records
  assert.ok(late!.timestamp - soon!.timestamp >= 150)
})
