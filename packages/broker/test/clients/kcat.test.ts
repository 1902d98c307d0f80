/** kcat, and so librdkafka, against a broker: what goes in comes out. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Broker } from '../../src/broker.ts'
import { startBroker } from '../../src/start-broker.ts'
import { createTopic } from './create-topic.ts'
import { storedBatches } from './stored-batches.ts'
import { failingKcat, kcat, needsKcat, type Running, startKcat } from './tools.ts'

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const ACKS = ['0', '1', 'all']

interface KcatMessage {
  readonly partition: number
  readonly offset: number
  readonly ts: number
  readonly key: string | null
  readonly payload: string | null
  readonly headers?: readonly (string | null)[]
}

describe('kcat', { concurrency: 4, ...needsKcat }, () => {
  let broker: Broker
  let bootstrap: string

  before(async () => {
    broker = await startBroker()
    bootstrap = broker.address
  })
  after(() => broker.close())

  const produce = (topic: string, input: string, ...args: string[]) =>
    kcat(bootstrap, ['-P', '-t', topic, ...args], input)
  const consume = (topic: string, ...args: string[]) => kcat(bootstrap, ['-C', '-q', '-e', '-t', topic, ...args])
  const messages = async (topic: string, ...args: string[]): Promise<KcatMessage[]> =>
    (await consume(topic, '-J', ...args))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))

  for (const codec of CODECS) {
    for (const acks of ACKS) {
      test(`${codec} with acks=${acks}: stored in that codec, read as written`, async () => {
        const topic = `codec-${codec}-${acks}`
        const text = Array.from({ length: 200 }, (_, n) => `line ${n} ${'grün '.repeat(10)}\n`).join('')
        // With acks=0 nobody tells kcat that the topic is there now: it must be, or what it sends is lost.
        await createTopic(bootstrap, topic)
        await produce(topic, text, '-z', codec, '-X', `acks=${acks}`, '-X', 'linger.ms=50')
        assert.equal(await consume(topic, '-c', '200'), text)
        const codecs = new Set((await storedBatches(bootstrap, topic)).map((batch) => batch.codec))
        assert.deepEqual([...codecs], [codec])
      })
    }
  }

  for (const codec of CODECS.slice(1)) {
    test(`a topic that keeps ${codec}: batches in other codecs are opened and compressed anew`, async () => {
      const topic = `keeps-${codec}`
      await createTopic(bootstrap, topic, { configs: { 'compression.type': codec } })
      const texts = CODECS.map((sent) =>
        Array.from({ length: 50 }, (_, n) => `${sent} ${n} ${'ü'.repeat(40)}\n`).join(''),
      )
      for (const [index, sent] of CODECS.entries()) {
        await produce(topic, texts[index]!, '-z', sent, '-X', 'linger.ms=50', '-X', 'enable.idempotence=true')
      }
      assert.equal(await consume(topic, '-c', '250'), texts.join(''))
      assert.ok((await storedBatches(bootstrap, topic)).every((batch) => batch.codec === codec))
    })

    test(`a compacted topic opens ${codec} batches to look for keys`, async () => {
      const topic = `keyed-${codec}`
      await createTopic(bootstrap, topic, { configs: { 'cleanup.policy': 'compact' } })
      const lines = Array.from({ length: 50 }, (_, n) => `key ${n}\t${'ü'.repeat(40)}\n`).join('')
      await produce(topic, lines, '-z', codec, '-K', '\t', '-X', 'linger.ms=50')
      assert.equal(await consume(topic, '-c', '50', '-f', '%k\t%s\n'), lines)
      const refusal = await failingKcat(bootstrap, ['-P', '-t', topic, '-z', codec], 'no key, '.repeat(20))
      assert.match(refusal, /Broker failed to validate record/)
    })
  }

  test('an idempotent producer: 10,000 records in order, each once', async () => {
    const text = Array.from({ length: 10_000 }, (_, n) => `${n}\n`).join('')
    await produce('idempotent', text, '-X', 'enable.idempotence=true', '-X', 'linger.ms=1')
    assert.equal(await consume('idempotent'), text)
    assert.ok((await storedBatches(bootstrap, 'idempotent')).every((batch) => batch.isIdempotent))
  })

  test('keys, headers, tombstones, empty values, characters outside ASCII', async () => {
    const args = ['-K', '\t', '-Z', '-H', 'trace=a1', '-H', 'empty=', '-H', 'grün=ja', '-H', 'nothing']
    await produce('shapes', 'ключ\t値🐟\nk2\t\n\tv3\n', ...args)
    const read = await messages('shapes')
    const headers = ['trace', 'a1', 'empty', '', 'grün', 'ja', 'nothing', null]
    assert.deepEqual(
      read.map(({ key, payload, offset, ...rest }) => [key, payload, offset, rest.headers]),
      [
        ['ключ', '値🐟', 0, headers],
        ['k2', null, 1, headers],
        [null, 'v3', 2, headers],
      ],
    )
    await produce('shapes', 'k4\t\n', '-K', '\t')
    assert.deepEqual(
      (await messages('shapes', '-o', '3')).map(({ key, payload }) => [key, payload]),
      [['k4', '']],
    )
  })

  test('a record of 900 kB', async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'odradek-kcat-'))
    t.after(() => rm(directory, { recursive: true }))
    const value = 'x'.repeat(900_000)
    const file = join(directory, 'value')
    await writeFile(file, value)
    await kcat(bootstrap, ['-P', '-t', 'big', file])
    const [message] = await messages('big')
    assert.ok(message?.payload === value)
  })

  test('from the beginning, from an offset, from the tail, up to the end, by time', async () => {
    const topic = 'positions'
    for (const value of ['a', 'b', 'c']) await produce(topic, `${value}\n`)
    const [, second, third] = await messages(topic)
    assert.equal(await consume(topic, '-o', 'beginning'), 'a\nb\nc\n')
    assert.equal(await consume(topic, '-o', '1'), 'b\nc\n')
    assert.equal(await consume(topic, '-o', '-1'), 'c\n')
    assert.equal(await consume(topic, '-o', 'end'), '')
    assert.equal(await consume(topic, '-o', 'beginning', '-c', '2'), 'a\nb\n')
    assert.equal(await consume(topic, '-o', `s@${second!.ts}`), 'b\nc\n')
    assert.equal(await consume(topic, '-o', `s@${second!.ts}`, '-o', `e@${third!.ts}`), 'b\n')
    const query = (time: number) => kcat(bootstrap, ['-Q', '-t', `${topic}:0:${time}`])
    assert.match(await query(second!.ts), /offset 1\b/)
    assert.match(await query(-1), /offset 3\b/)
    assert.match(await query(-2), /offset 0\b/)
  })

  test('a key always goes to the same partition', async () => {
    await createTopic(bootstrap, 'parted', { partitions: 4 })
    const lines = Array.from({ length: 400 }, (_, n) => `key-${n % 20}\t${n}\n`).join('')
    await produce('parted', lines, '-K', '\t')
    const text = await consume('parted', '-f', '%k\t%p\t%s\n')
    const read = text
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t') as [string, string, string])
    assert.equal(read.length, 400)
    for (const records of Map.groupBy(read, ([key]) => key).values()) {
      assert.equal(new Set(records.map(([, partition]) => partition)).size, 1)
      const values = records.map(([, , value]) => Number(value))
      assert.deepEqual(
        values,
        values.toSorted((a, b) => a - b),
      )
    }
    assert.ok(new Set(read.map(([, partition]) => partition)).size > 1)
  })

  test('metadata: the broker, the topics, one that does not exist', async () => {
    await produce('known', 'x\n')
    const all = JSON.parse(await kcat(bootstrap, ['-L', '-J']))
    assert.deepEqual(all.brokers, [{ id: 1, name: bootstrap }])
    assert.equal(all.controllerid, 1)
    const known = all.topics.find(({ topic }: { topic: string }) => topic === 'known')
    assert.deepEqual(known.partitions, [{ partition: 0, leader: 1, replicas: [{ id: 1 }], isrs: [{ id: 1 }] }])
  })

  test('errors reach their user: no such topic, no key for a compacted topic, a record too large', async () => {
    assert.match(await failingKcat(bootstrap, ['-C', '-e', '-t', 'absent']), /Unknown topic or partition/)
    await createTopic(bootstrap, 'strict', { configs: { 'cleanup.policy': 'compact', 'max.message.bytes': '20000' } })
    const noKey = await failingKcat(bootstrap, ['-P', '-t', 'strict'], 'no key\n')
    assert.match(noKey, /Broker failed to validate record/)
    const tooLarge = await failingKcat(bootstrap, ['-P', '-t', 'strict', '-K', ':'], `k:${'x'.repeat(30_000)}\n`)
    assert.match(tooLarge, /Message size too large/)
    await produce('strict', 'k:v\n', '-K', ':')
    assert.equal(await consume('strict'), 'v\n')
  })

  test('a topic that does not exist is made by its first producer, where the broker allows it', async () => {
    await produce('made', 'x\n')
    assert.equal(await consume('made'), 'x\n')
    await using strict = await startBroker({ config: { 'auto.create.topics.enable': false } })
    const refusal = await failingKcat(
      strict.address,
      ['-P', '-t', 'made', '-X', 'topic.metadata.propagation.max.ms=0'],
      'x\n',
    )
    assert.match(refusal, /Unknown topic/)
    const metadata = JSON.parse(await kcat(strict.address, ['-L', '-J', '-t', 'made']))
    assert.equal(metadata.topics[0].error, 'Broker: Unknown topic or partition')
  })

  test('a group resumes where it committed', async () => {
    await produce('resumed', '1\n2\n3\n')
    const read = (...args: string[]) =>
      kcat(bootstrap, ['-G', 'resuming', '-q', '-e', '-X', 'auto.offset.reset=earliest', ...args, 'resumed'])
    assert.equal(await read('-c', '2'), '1\n2\n')
    assert.equal(await read(), '3\n')
    await produce('resumed', '4\n')
    assert.equal(await read(), '4\n')
  })

  /** The partitions it was given last, as kcat names them. */
  const assignment = ({ stderr }: Running): string[] => {
    const last = stderr.split('\n').findLast((line) => line.includes(' rebalanced ')) ?? ''
    return last.split(/ assigned: */)[1]?.match(/\S+ \[\d+\]/g) ?? []
  }

  test('a group shares out its partitions anew when a member comes and when it goes', async () => {
    await createTopic(bootstrap, 'shared', { partitions: 4 })
    const member = () => startKcat(bootstrap, ['-G', 'sharing', '-X', 'heartbeat.interval.ms=100', '-u', 'shared'])
    await using first = member()
    await first.until('it has all', (it) => assignment(it).length === 4)
    await using second = member()
    await second.until('it has its half', (it) => assignment(it).length === 2)
    await first.until('it has the other half', (it) => assignment(it).length === 2)
    assert.equal(new Set([...assignment(first), ...assignment(second)]).size, 4)
    second.kill('SIGTERM')
    await second.ended
    await first.until('it has all again', (it) => assignment(it).length === 4)
  })

  test('a static member that restarts keeps its place, and the others do not notice', async () => {
    await createTopic(bootstrap, 'fixed', { partitions: 2 })
    const member = (instance: string) => {
      const configs = [`group.instance.id=${instance}`, 'heartbeat.interval.ms=100', 'auto.offset.reset=earliest']
      return startKcat(bootstrap, ['-G', 'fixed', ...configs.flatMap((config) => ['-X', config]), '-u', 'fixed'])
    }
    await using steady = member('steady')
    await steady.until('it has both', (it) => assignment(it).length === 2)
    await using restarting = member('restarting')
    await restarting.until('it has one', (it) => assignment(it).length === 1)
    await steady.until('it has the other', (it) => assignment(it).length === 1)
    const rebalances = steady.stderr
    restarting.kill('SIGKILL')
    await restarting.ended
    await using restarted = member('restarting')
    await restarted.until('it has one again', (it) => assignment(it).length === 1)
    assert.deepEqual(assignment(restarted), assignment(restarting))
    await produce('fixed', 'x\n', '-p', '0')
    await produce('fixed', 'y\n', '-p', '1')
    await steady.until('it reads on', (it) => it.stdout !== '')
    assert.equal(steady.stderr, rebalances)
  })
})
