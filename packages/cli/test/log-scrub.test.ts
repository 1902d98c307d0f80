import assert from 'node:assert/strict'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type ScrubRequestView, startBroker } from '@odradek/broker'
import { Cluster } from '@odradek/client'
import { CreateTopics, encodeBatch, Produce, sliceOf } from '@odradek/protocol'
import { runOdradek } from './odradek.ts'

const dataDir = await mkdtemp(join(tmpdir(), 'odradek-scrub-'))
const broker = await startBroker({
  dataDir,
  config: { 'admin.listener': '127.0.0.1:0', 'offsets.topic.num.partitions': 1 },
})
const cluster = new Cluster({ bootstrap: [broker.address] })
after(async () => {
  await cluster.close()
  await broker.close()
  await rm(dataDir, { recursive: true, force: true })
})

const scrub = (...words: string[]) => runOdradek(['log', 'scrub', '--admin', broker.adminAddress!, ...words])

test('odradek log scrub has a broker read what is at rest, and tells what it found', async () => {
  const configs = [{ name: 'segment.bytes', value: String(1024 * 1024) }]
  const topics = ['good', 'bad'].map((name) => ({
    name,
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs,
  }))
  await cluster.request(CreateTopics, { topics, timeoutMs: 5000 })
  for (let batch = 0; batch < 3; batch++) {
    const topicData = topics.map(({ name }) => {
      const records = sliceOf(encodeBatch({ records: [{ value: 'x'.repeat(600_000) }] }))
      return { name, partitionData: [{ index: 0, records }] }
    })
    await cluster.request(Produce, { acks: -1, timeoutMs: 5000, topicData }, 'any', { atMost: 12 })
  }
  const well = await scrub('--directory', dataDir)
  assert.deepEqual([well.code, well.stderr], [0, ''])
  assert.match(well.stdout, /^\d+ logs, 4 closed segments, 24\d{5} bytes read, all is well$/)

  const file = await open(join(dataDir, 'bad-0', '00000000000000000000.log'), 'r+')
  await file.write('y', 1000)
  await file.close()
  const good = await scrub('--topic', 'good')
  assert.match(good.stdout, /^1 log, 2 closed segments, \d+ bytes read, all is well$/)
  const bad = await scrub('--topic', 'bad', '--json')
  assert.equal(bad.code, 1, bad.stderr)
  const { logs, done, damaged, unread }: ScrubRequestView = JSON.parse(bad.stdout)
  assert.deepEqual([logs, done, unread], [1, 1, []])
  assert.deepEqual(
    damaged.map(({ directory, position, problem }) => [directory, position, problem]),
    [[join(dataDir, 'bad-0'), 0, 'the CRC does not match']],
  )
  const offline = await scrub()
  assert.equal(offline.code, 1)
  assert.match(offline.stdout, /\n {2}not read: .*bad-0: .*CRC does not match/)
})

test('what cannot be scrubbed is said in one line', async () => {
  for (const [words, said] of [
    [['--topic', 'nowhere'], /answers 404: There is no log of "nowhere" on this broker\.$/],
    [['--directory', '/nowhere'], /answers 404: \/nowhere is no data directory of this broker: \/.*\.$/],
  ] as const) {
    const { code, stdout, stderr } = await scrub(...words)
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr.trimEnd(), said)
  }
})
