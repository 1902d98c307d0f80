/** @platformatic/kafka, in processes of its own, against a broker. The scenes are in scripts/platformatic-*.ts. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Broker } from '../../src/broker.ts'
import { startBroker } from '../../src/start-broker.ts'
import { createTopic } from './create-topic.ts'
import { storedBatches } from './stored-batches.ts'
import { playNode, type Running, startNode } from './tools.ts'

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

describe('@platformatic/kafka', { concurrency: 4 }, () => {
  let broker: Broker

  before(async () => {
    broker = await startBroker()
  })
  after(() => broker.close())

  test('every codec with acks 0, 1 and all: stored in that codec, read as written', async () => {
    await playNode('platformatic-records', 'codecs', broker.address)
    for (const codec of CODECS) {
      for (const acks of [0, 1, -1]) {
        const codecs = (await storedBatches(broker.address, `codec-${codec}-${acks}`)).map((batch) => batch.codec)
        assert.deepEqual(codecs, [codec])
      }
    }
  })

  test('an idempotent producer: 10,000 records in order, each once', async () => {
    await playNode('platformatic-records', 'idempotent', broker.address)
    const batches = await storedBatches(broker.address, 'idempotent')
    assert.equal(batches.length, 20)
    assert.ok(batches.every((batch) => batch.isIdempotent))
  })

  test('a static member that restarts keeps its place, and the others do not notice', async () => {
    await createTopic(broker.address, 'fixed', { partitions: 2 })
    const member = (instance: string) => startNode('platformatic-groups', 'member', broker.address, instance)
    const assignment = ({ stdout }: Running) => stdout.match(/generation \d+, partitions .*\n/g)?.at(-1) ?? ''
    await using steady = member('steady')
    await steady.until('it has both', (it) => assignment(it).endsWith('partitions 0,1\n'))
    await using restarting = member('restarting')
    await restarting.until('it has one', (it) => /partitions \d\n/.test(assignment(it)))
    await steady.until('it has the other', (it) => /partitions \d\n/.test(assignment(it)))
    const before = assignment(steady)
    restarting.kill('SIGKILL')
    await restarting.ended
    await using restarted = member('restarting')
    await restarted.until('it has one again', (it) => assignment(it) !== '')
    assert.equal(assignment(restarted), assignment(restarting))
    await playNode('platformatic-groups', 'feed', broker.address)
    await Promise.all(
      [steady, restarted].map((it) => it.until('it reads on', ({ stdout }) => stdout.includes('read '))),
    )
    assert.equal(assignment(steady), before)
  })

  const scenes = {
    'platformatic-records': {
      shapes: 'headers, no key, tombstones, empty texts, 900 kB, characters outside ASCII, times',
      positions: 'from an offset, from a time',
      keys: 'a key always goes to the same partition, in order',
      refusals: 'errors come with their codes',
    },
    'platformatic-groups': {
      rebalance: 'a group shares out its partitions anew when a member comes and when it goes',
      offsets: 'commits by hand, resumes there; offsets read, set and deleted by an administrator',
    },
    'platformatic-admin': {
      topics: 'topics are created, described, grown and deleted',
      configs: 'configs of topics and brokers are described and altered',
      cluster: 'deleted records, offsets, log directories, coordinators',
    },
  }
  for (const [script, tests] of Object.entries(scenes)) {
    for (const [scene, name] of Object.entries(tests)) test(name, () => playNode(script, scene, broker.address))
  }
})
