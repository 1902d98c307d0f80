/** A broker that is killed right after it said that records are deleted: they do not come back. */
import { deepEqual, equal } from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { DeleteRecords, errors } from '@odradek/protocol'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'
import { BrokerProcess, freePort } from './broker-process.ts'

test('records that were deleted stay so, however soon the broker is killed', async () => {
  const scratch = await mkdtemp(join(tmpdir(), 'odradek-deleted-'))
  const port = await freePort()
  try {
    let topic: WireTopic
    {
      await using broker = new BrokerProcess({ scratch, port })
      await broker.listening
      using client = await WireClient.connect(port)
      topic = await WireTopic.create(client, { partitions: 2 })
      for (let at = 0; at < 10; at++)
        for (const partition of [0, 1])
          equal((await topic.produce({ records: [{ value: 'v' }] }, { partition })).errorCode, 0)
      const partitions = [
        { partitionIndex: 0, offset: 7 },
        { partitionIndex: 1, offset: -1 },
      ]
      const answer = await client.send(DeleteRecords, 2, {
        topics: [{ name: topic.name, partitions }],
        timeoutMs: 5000,
      })
      deepEqual(
        answer.topics[0]!.partitions.map(({ errorCode, lowWatermark }) => [errorCode, lowWatermark]),
        [
          [0, 7],
          [0, 10],
        ],
      )
      await broker.kill()
    }
    await using again = new BrokerProcess({ scratch, port })
    await again.listening
    using client = await WireClient.connect(port)
    const found = new WireTopic(client, topic.name, topic.topicId)
    for (const [partition, start] of [7, 10].entries()) {
      equal((await found.offsetOf(-2, { partition })).offset, start)
      equal((await found.fetch(start - 1, { partition })).errorCode, errors.OFFSET_OUT_OF_RANGE.code)
    }
    equal((await found.produce({ records: [{ value: 'v' }] }, { partition: 1 })).baseOffset, 10)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
})
