/** A client that reads slowly gets all it was promised, though the segment is deleted to make room; then the room is there. */
import { deepEqual, equal, ok } from 'node:assert/strict'
import { once } from 'node:events'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Fetch } from '@odradek/protocol'
import { startBroker } from '../../src/index.ts'
import { LogLines } from '../log-lines.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { readRecords } from '../protocol-cross-check/read-records.ts'
import { WireClient } from '../wire-client.ts'
import { boundsOf, flood } from './flood.ts'
import { hostOn, smallDisk } from './small-disk.ts'
import { until } from './until.ts'

const MIB = 1024 * 1024
/** More than sockets take in between. */
const SEGMENT_BYTES = 20 * MIB
const BATCH_BYTES = 500_000

test('a slow reader of a segment that is deleted to make room', { timeout: 250_000 }, async () => {
  using disk = smallDisk(64 * MIB)
  const lines = new LogLines()
  await using broker = await startBroker({
    dataDir: join(disk.path, 'data'),
    host: hostOn(disk.path, disk.bytesMax),
    logger: lines.logger,
    config: {
      'offsets.topic.num.partitions': 1,
      'log.segment.bytes': SEGMENT_BYTES,
      'disk.check.interval.ms': 50,
      'log.segment.delete.delay.ms': 60_000,
    },
  })
  using client = await WireClient.connect(broker.port)
  const topic = await WireTopic.create(client)
  await flood({ topic, partition: 0, bytes: SEGMENT_BYTES + MIB, batchBytes: BATCH_BYTES })
  using slow = await WireClient.connect(broker.port)
  const reader = new WireTopic(slow, topic.name, topic.topicId)
  const bytes = SEGMENT_BYTES - MIB
  slow.socket.write(slow.encode(Fetch, 12, reader.fetchRequest(0, { maxBytes: bytes, partitionMaxBytes: bytes })))
  const answer = slow.expect(Fetch, 12)
  // It is being sent, and cannot be to its end.
  await once(slow.socket, 'data')
  slow.socket.pause()

  const { usedBytes, freeBytes } = disk.space()
  const other = openSync(join(disk.path, 'other'), 'w')
  for (let left = Math.ceil((usedBytes + freeBytes) * 0.87) - usedBytes; left > 0; left -= MIB)
    writeSync(other, Buffer.alloc(Math.min(left, MIB), 1))
  closeSync(other)
  await lines.said('Old segments were let go.', topic.name)
  ok((await boundsOf(topic, 0)).start > 0)

  slow.socket.resume()
  const [partition] = (await answer).responses[0]!.partitions
  equal(partition!.errorCode, 0)
  const records = readRecords(partition!.records!)
  deepEqual(
    records.map(({ offset, value }) => [
      offset,
      Number(
        Buffer.from(value ?? '')
          .toString()
          .split('.')[0],
      ),
    ]),
    records.map((_, at) => [at, at]),
  )
  ok(records.length * BATCH_BYTES > 15 * MIB, `${records.length} records`)
  // The system has no event for room on a disk: the broker is asked something meanwhile.
  const used = async () => ({ ...(await boundsOf(topic, 0)), ...disk.space() })
  const most = (usedBytes + freeBytes) * 0.87 - 15 * MIB
  await until(`no more than ${most} bytes are used`, used, (now) => now.usedBytes <= most)
})
