/** kafka-python, as Debian ships it, against a broker. The scenes are in scripts/kafka_python_*.py. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Broker } from '../../src/broker.ts'
import { startBroker } from '../../src/start-broker.ts'
import { storedBatches } from './stored-batches.ts'
import { needsKafkaPython, playPython } from './tools.ts'

describe('kafka-python', { concurrency: 4, ...needsKafkaPython }, () => {
  let broker: Broker

  before(async () => {
    broker = await startBroker()
  })
  after(() => broker.close())

  test('every codec with acks 0, 1 and all: stored in that codec, read as written', async () => {
    await playPython('kafka_python_records', 'codecs', broker.address)
    for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
      for (const acks of ['0', '1', 'all']) {
        const batches = await storedBatches(broker.address, `codec-${codec}-${acks}`)
        assert.deepEqual([...new Set(batches.map((batch) => batch.codec))], [codec])
      }
    }
  })

  const scenes = {
    kafka_python_records: {
      many: '10,000 records in order',
      shapes: 'headers, no key, tombstones, empty texts, 900 kB, characters outside ASCII, times',
      positions: 'from an offset, from the beginning, from a time, from nowhere',
      keys: 'a key always goes to the same partition, in order',
      refusals: 'topics are made when missing; errors reach whoever sent',
    },
    kafka_python_groups: {
      rebalance: 'a group shares out its partitions anew when a member comes and when it goes',
      offsets: 'commits by hand, resumes there; offsets read and deleted by an administrator',
    },
    kafka_python_admin: {
      topics: 'topics are created, described, grown and deleted; errors bring their texts',
      configs: 'configs of topics and brokers are described and altered',
      cluster: 'the cluster',
    },
  }
  for (const [script, tests] of Object.entries(scenes)) {
    for (const [scene, name] of Object.entries(tests)) test(name, () => playPython(script, scene, broker.address))
  }
})
