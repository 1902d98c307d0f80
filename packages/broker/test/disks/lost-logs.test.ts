/** The directory of a log is gone when its broker starts: somebody removed it, or the disk lost it. */
import { deepEqual, equal, match } from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Broker, startBroker } from '../../src/index.ts'
import { type LogLine, LogLines } from '../log-lines.ts'
import { WireTopic } from '../protocol/wire-topic.ts'
import { WireClient } from '../wire-client.ts'

const RECORD = { records: [{ value: 'v' }] }

async function lostLogs(broker: Broker): Promise<string | undefined> {
  const metrics = await (await fetch(`http://${broker.adminAddress}/metrics`)).text()
  return /^odradek_logs_lost (\d+)$/m.exec(metrics)?.[1]
}

test('a log that is gone after a clean stop is told of, and goes on where it ended', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'odradek-lost-'))
  const config = { 'admin.listener': '127.0.0.1:0' }
  try {
    let name = ''
    let topicId = ''
    {
      await using broker = await startBroker({ dataDir, config })
      using client = await WireClient.connect(broker.port)
      const topic = await WireTopic.create(client, { partitions: 2 })
      ;({ name, topicId } = topic)
      for (const partition of [0, 0, 0, 1]) equal((await topic.produce(RECORD, { partition })).errorCode, 0)
      equal(await lostLogs(broker), '0')
    }
    await rm(join(dataDir, `${name}-0`), { recursive: true })
    const lines = new LogLines()
    // What is said once holds: the next start finds the log where this one began it.
    for (const lost of ['1', '0']) {
      await using broker = await startBroker({ dataDir, config, logger: lines.logger })
      using client = await WireClient.connect(broker.port)
      const topic = new WireTopic(client, name, topicId)
      equal(await lostLogs(broker), lost)
      deepEqual([(await topic.offsetOf(-2)).offset, (await topic.offsetOf(-1)).offset], [3, 3])
      deepEqual(
        [(await topic.offsetOf(-2, { partition: 1 })).offset, (await topic.offsetOf(-1, { partition: 1 })).offset],
        [0, 1],
      )
    }
    const told = lines.errors as (LogLine & { partition: number; endOffset: number; beginsAt: number })[]
    equal(told.length, 1)
    match(told[0]!.msg, /^The directory of a log is gone, .* No other broker has them; the log begins anew\.$/)
    deepEqual([told[0]!.topic, told[0]!.partition, told[0]!.endOffset, told[0]!.beginsAt], [name, 0, 3, 3])
    await using broker = await startBroker({ dataDir, config })
    using client = await WireClient.connect(broker.port)
    const topic = new WireTopic(client, name, topicId)
    const { errorCode, baseOffset } = await topic.produce(RECORD)
    deepEqual([errorCode, baseOffset], [0, 3])
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
})
