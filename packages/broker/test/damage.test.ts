/** A log whose disk lost a part of what was durable: it is served no more, the others are; a repair brings the rest back. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DescribeLogDirs, encodeBatch, errors, Fetch, Produce, sliceOf } from '@odradek/protocol'
import { startBroker } from '../src/index.ts'
import { repairLog, verifyLog } from '../src/log-tools.ts'
import { createTopics } from './crash/create-topics.ts'
import { readPartition } from './crash/read-partition.ts'
import { WireClient } from './wire-client.ts'

const RECORDS = 30
const dataDir = mkdtempSync(join(tmpdir(), 'odradek-damage-'))
after(() => rmSync(dataDir, { recursive: true, force: true }))

async function start() {
  const broker = await startBroker({ dataDir, config: { 'admin.listener': '127.0.0.1:0' } })
  const client = await WireClient.connect(broker.port)
  const get = async (path: string) => {
    const response = await fetch(`http://${broker.adminAddress}${path}`)
    return { status: response.status, body: (await response.json()) as Record<string, never> }
  }
  const stop = async () => {
    client.close()
    await broker.close()
  }
  return { broker, client, get, stop }
}

async function write(client: WireClient, topic: string, value: string): Promise<number> {
  const records = sliceOf(encodeBatch({ records: [{ value, timestamp: Date.now() }] }))
  const answer = await client.send(Produce, 9, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  })
  return answer.responses[0]!.partitionResponses[0]!.errorCode
}

async function fetchError(client: WireClient, topic: string): Promise<number> {
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000 }]
  const answer = await client.send(Fetch, 11, { maxWaitMs: 0, minBytes: 1, topics: [{ topic, partitions }] })
  return answer.responses[0]!.partitions[0]!.errorCode
}

/** What DescribeLogDirs says that a topic takes. */
async function sizeOf(client: WireClient, topic: string): Promise<number> {
  const { results } = await client.send(DescribeLogDirs, 4, { topics: [{ topic, partitions: [0] }] })
  return results[0]!.topics[0]!.partitions[0]!.partitionSize
}

test('a closed segment that lost its end takes its partition offline, and no other, until it is repaired', async () => {
  const first = await start()
  const configs = { 'segment.bytes': '1024' }
  await createTopics(first.broker.port, [
    { name: 'hurt', partitions: 1, configs },
    { name: 'well', partitions: 1, configs },
  ])
  for (let at = 0; at < RECORDS; at++)
    for (const topic of ['hurt', 'well']) assert.equal(await write(first.client, topic, `${at}`.padEnd(200)), 0)
  await first.stop()
  const directory = join(dataDir, 'hurt-0')
  const segments = readdirSync(directory).filter((name) => name.endsWith('.log'))
  assert.ok(segments.length > 4)
  truncateSync(join(directory, segments[2]!), 300)
  const bytes = segments.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0)
  // As after a crash: everything was flushed, and the checkpoints say so.
  rmSync(join(dataDir, '.kafka_cleanshutdown'))

  // Found by the start after the crash, and known to the one after that.
  for (const isClean of [false, true]) {
    const { client, get, stop } = await start()
    assert.equal(await fetchError(client, 'hurt'), errors.KAFKA_STORAGE_ERROR.code)
    assert.equal(await write(client, 'hurt', 'more'), errors.KAFKA_STORAGE_ERROR.code)
    assert.equal((await readPartition(client, 'well', 0)).length, RECORDS)
    assert.equal(await sizeOf(client, 'hurt'), bytes, 'it is on the disk, though it is not served')
    const health = await get('/health')
    assert.deepEqual([health.status, health.body.status], [503, 'degraded'])
    assert.match(String(health.body.problems), /hurt-0.*odradek log repair/)
    const { body } = await get('/v1/logs')
    const { damaged, recovery } = body as unknown as {
      damaged: { topic: string; file: string }[]
      recovery: { logs: number }[]
    }
    assert.deepEqual(
      damaged.map(({ topic, file }) => [topic, file]),
      [['hurt', segments[2]]],
    )
    assert.equal(recovery[0]!.logs > 0, !isClean)
    assert.throws(() => repairLog(directory, { apply: true }), /in use by a broker/)
    await stop()
  }

  const { plan, isDone } = repairLog(directory, { apply: true })
  assert.ok(isDone && plan.lost.length === 1)
  assert.deepEqual(verifyLog(directory, { deep: true }).findings, [])
  const lost = plan.lost[0]!
  const { client, get, stop } = await start()
  assert.equal((await get('/health')).status, 200)
  assert.equal(await write(client, 'hurt', 'more'), 0)
  const answer = await client.send(Fetch, 11, {
    maxWaitMs: 0,
    minBytes: 1,
    topics: [{ topic: 'hurt', partitions: [{ partition: 0, fetchOffset: lost.to, partitionMaxBytes: 100_000 }] }],
  })
  const { errorCode, highWatermark } = answer.responses[0]!.partitions[0]!
  assert.deepEqual([errorCode, highWatermark], [0, RECORDS + 1])
  await stop()
})

test('a log that could not be read is offline until the next start, and is reported', async () => {
  const first = await start()
  await createTopics(first.broker.port, [{ name: 'unread', partitions: 1, configs: { 'segment.bytes': '1024' } }])
  for (let at = 0; at < RECORDS; at++) assert.equal(await write(first.client, 'unread', `${at}`.padEnd(200)), 0)
  await first.stop()
  const { broker, client, get, stop } = await start()
  const offlinePartitions = async () => {
    const metrics = await (await fetch(`http://${broker.adminAddress}/metrics`)).text()
    return /^odradek_partitions_offline (\d+)$/m.exec(metrics)?.[1]
  }
  assert.deepEqual([(await get('/health')).status, await offlinePartitions()], [200, '0'])
  const segment = join(dataDir, 'unread-0', '00000000000000000000.log')
  renameSync(segment, `${segment}.away`)
  assert.equal(await fetchError(client, 'unread'), errors.KAFKA_STORAGE_ERROR.code)
  renameSync(`${segment}.away`, segment)
  const health = await get('/health')
  assert.deepEqual([health.status, health.body.status, await offlinePartitions()], [503, 'degraded', '1'])
  assert.match(String(health.body.problems), /unread-0 is offline until the next start: ENOENT/)
  await stop()
  const next = await start()
  assert.equal((await next.get('/health')).status, 200)
  assert.equal((await readPartition(next.client, 'unread', 0)).length, RECORDS)
  await next.stop()
})
