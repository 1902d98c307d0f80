/** kafkajs, in processes of its own, against a broker. The scenes are in scripts/kafkajs-*.ts. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Broker } from '../../src/broker.ts'
import { startBroker } from '../../src/start-broker.ts'
import { storedBatches } from './stored-batches.ts'
import { playNode } from './tools.ts'

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd']

describe('kafkajs', { concurrency: 4 }, () => {
  let broker: Broker

  before(async () => {
    broker = await startBroker()
  })
  after(() => broker.close())

  test('every codec with acks 0, 1 and all: stored in that codec, read as written', async () => {
    await playNode('kafkajs-records', 'codecs', broker.address)
    for (const [id, codec] of CODECS.entries()) {
      for (const acks of [0, 1, -1]) {
        const codecs = (await storedBatches(broker.address, `codec-${id}-${acks}`)).map((batch) => batch.codec)
        assert.deepEqual(codecs, [codec])
      }
    }
  })

  test('an idempotent producer: 10,000 records in order, each once', async () => {
    await playNode('kafkajs-records', 'idempotent', broker.address)
    const batches = await storedBatches(broker.address, 'idempotent')
    assert.equal(batches.length, 20)
    assert.ok(batches.every((batch) => batch.isIdempotent))
  })

  const scenes = {
    'kafkajs-records': {
      shapes: 'headers, no key, tombstones, empty texts, 900 kB, characters outside ASCII, times',
      positions: 'from the beginning, from an offset, from a time',
      keys: 'a key always goes to the same partition, in order',
      refusals: 'topics are made when missing; errors come with their codes',
    },
    'kafkajs-groups': {
      rebalance: 'a group shares out its partitions anew when a member comes and when it goes',
      resume: 'a group resumes where it committed',
      offsets: 'commits by hand; offsets read, set, reset and deleted by an administrator',
    },
    'kafkajs-admin': {
      topics: 'topics are created, described, grown and deleted',
      configs: 'configs of topics and brokers are described and altered',
      cluster: 'the cluster, deleted records, groups',
    },
  }
  for (const [script, tests] of Object.entries(scenes)) {
    for (const [scene, name] of Object.entries(tests)) test(name, () => playNode(script, scene, broker.address))
  }
})
