import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorName } from '@odradek/protocol'
import { topicKey } from './keys.ts'
import { Metadata } from './metadata.ts'
import { but, codes, logger, openMetadata, openStore, request, start, startHost } from './testing/simulated-metadata.ts'
import { formatTopic } from './values.ts'

describe('the metadata of a broker', () => {
  it('begins with a cluster id, the broker, and the broker as controller', async () => {
    const { metadata, stop } = await start(startHost(), {
      listeners: [{ name: 'PLAINTEXT', host: 'h', port: 1 }],
      rack: 'r',
    })
    const { image } = metadata
    assert.equal(image.clusterId.length, 22)
    assert.deepEqual([image.controllerId, metadata.isController], [1, true])
    assert.deepEqual(image.brokers.get(1)?.listeners, [{ name: 'PLAINTEXT', host: 'h', port: 1 }])
    assert.equal(image.brokers.get(1)?.rack, 'r')
    await stop()
  })

  it('makes the listeners known when they are bound', async () => {
    const { metadata, until, stop } = await start()
    const { epoch } = metadata.image.brokers.get(1)!
    await until(metadata.registerBroker([{ name: 'PLAINTEXT', host: '127.0.0.1', port: 54321 }]))
    const broker = metadata.image.brokers.get(1)!
    assert.deepEqual(broker.listeners, [{ name: 'PLAINTEXT', host: '127.0.0.1', port: 54321 }])
    assert.equal(broker.epoch, epoch)
    await stop()
  })

  it('has a topic in the image when it says that it made it', async () => {
    const { metadata, until, stop } = await start()
    const seen: string[][] = []
    metadata.onChange((image, previous, change) => {
      assert.equal(image, metadata.image)
      assert.notEqual(image, previous)
      seen.push([...change.topics])
    })
    const [result] = await until(metadata.createTopics([request('t', { numPartitions: 3 })]))
    assert.equal(result?.errorCode, 0)
    const topic = metadata.image.topics.get('t')
    assert.equal(topic?.topicId, result?.topicId)
    assert.equal(topic?.partitions.length, 3)
    assert.deepEqual(seen, [['t']])
    await stop()
  })

  it('answers each topic of a request by itself', async () => {
    const { metadata, until, stop } = await start()
    await until(metadata.createTopics([request('there')]))
    const results = await until(
      metadata.createTopics(['a', 'there', 'twice', 'b', 'twice', 'a b', 'x.y', 'x_y'].map((name) => request(name))),
    )
    assert.deepEqual(
      results.map(({ name, errorCode }) => [name, errorName(errorCode)]),
      [
        ['a', 'NONE'],
        ['there', 'TOPIC_ALREADY_EXISTS'],
        ['twice', 'INVALID_REQUEST'],
        ['b', 'NONE'],
        ['a b', 'INVALID_TOPIC_EXCEPTION'],
        ['x.y', 'NONE'],
        ['x_y', 'INVALID_TOPIC_EXCEPTION'],
      ],
    )
    assert.deepEqual([...metadata.image.topics.keys()].sort(), ['a', 'b', 'there', 'x.y'])
    await stop()
  })

  it('only checks where only a check is asked for', async () => {
    const { metadata, until, stop } = await start()
    const { revision } = metadata.image
    const [made, bad] = await until(
      metadata.createTopics([request('t'), request('u', { numPartitions: 0 })], { validateOnly: true }),
    )
    assert.deepEqual([made?.errorCode, made?.topicId, made?.numPartitions], [0, 'A'.repeat(22), 1])
    assert.equal(errorName(bad!.errorCode), 'INVALID_PARTITIONS')
    await until(metadata.createTopics([request('t')]))
    const more = [{ name: 't', count: 4, assignments: null }]
    assert.deepEqual(codes(await until(metadata.createPartitions(more, { validateOnly: true }))), ['NONE'])
    const alter = [
      { resourceType: 2, resourceName: 't', configs: [{ name: 'retention.ms', value: '1', configOperation: 0 }] },
    ]
    assert.deepEqual(codes(await until(metadata.incrementalAlterConfigs(alter, { validateOnly: true }))), ['NONE'])
    assert.deepEqual(codes(await until(metadata.alterConfigs(alter, { validateOnly: true }))), ['NONE'])
    assert.equal(metadata.image.revision, revision + 1)
    assert.deepEqual(metadata.image.topics.get('t')?.configs, {})
    await stop()
  })

  it('lets one of many win that make the same topic at once, in one sync', async () => {
    const { host, metadata, until, stop } = await start()
    const calls = host.disk.calls
    const results = await until(Promise.all(Array.from({ length: 10 }, () => metadata.createTopics([request('t')]))))
    const outcomes = results.map(([result]) => errorName(result!.errorCode)).sort()
    assert.deepEqual(outcomes, ['NONE', ...Array<string>(9).fill('TOPIC_ALREADY_EXISTS')])
    assert.equal(host.disk.calls - calls, 2, 'one write, one sync')
    await stop()
  })

  it('does in order what is asked in one breath, on one topic', async () => {
    const { metadata, until, stop } = await start()
    const set = { name: 'retention.ms', value: '5', configOperation: 0 }
    const [[made], [grown], [altered], [deleted], [again]] = await until(
      Promise.all([
        metadata.createTopics([request('t')]),
        metadata.createPartitions([{ name: 't', count: 4, assignments: null }]),
        metadata.incrementalAlterConfigs([{ resourceType: 2, resourceName: 't', configs: [set] }]),
        metadata.deleteTopics([{ name: 't', topicId: 'A'.repeat(22) }]),
        metadata.createTopics([request('t', { numPartitions: 2 })]),
      ]),
    )
    assert.deepEqual(codes([made!, grown!, altered!, deleted!, again!]), ['NONE', 'NONE', 'NONE', 'NONE', 'NONE'])
    assert.equal(deleted?.topicId, made?.topicId)
    const topic = metadata.image.topics.get('t')!
    assert.deepEqual([topic.topicId, topic.partitions.length, topic.configs], [again?.topicId, 2, {}])
    assert.notEqual(again?.topicId, made?.topicId)
    assert.equal(metadata.image.topicsById.size, 1)
    await stop()
  })

  it('makes a topic anew in the breath in which it is deleted', async () => {
    const { metadata, until, stop } = await start()
    const [first] = await until(metadata.createTopics([request('t')]))
    const [[deleted], [again]] = await until(
      Promise.all([
        metadata.deleteTopics([{ name: null, topicId: first!.topicId }]),
        metadata.createTopics([request('t', { numPartitions: 2 })]),
      ]),
    )
    assert.deepEqual(codes([deleted!, again!]), ['NONE', 'NONE'])
    assert.equal(metadata.image.topicsById.has(first!.topicId), false)
    assert.equal(metadata.image.topicsById.get(again!.topicId)?.partitions.length, 2)
    await stop()
  })

  it('stores more topics than fit into one transaction', async () => {
    const { metadata, until, stop } = await start()
    const names = Array.from({ length: 350 }, (_, index) => `t-${index}`)
    const results = await until(metadata.createTopics(names.map((name) => request(name, { numPartitions: 2 }))))
    assert.deepEqual(new Set(codes(results)), new Set(['NONE']))
    assert.deepEqual([...metadata.image.topics.keys()].sort(), names.sort())
    const wide = ['w1', 'w2', 'w3'].map((name) => request(name, { numPartitions: 10_000 }))
    assert.deepEqual(new Set(codes(await until(metadata.createTopics(wide)))), new Set(['NONE']))
    await stop()
  })

  it('is the same after a restart, with a new leader epoch for each partition', async () => {
    const first = await start()
    await first.until(first.metadata.createTopics([request('t', { numPartitions: 3 }), request('u')]))
    const before = first.metadata.image
    await first.stop()
    for (let starts = 1; starts <= 3; starts++) {
      const again = await start(first.host)
      const { image } = again.metadata
      assert.equal(image.clusterId, before.clusterId)
      assert.ok(image.brokers.get(1)!.epoch > before.brokers.get(1)!.epoch)
      for (const [name, topic] of before.topics) {
        assert.equal(image.topics.get(name)?.topicId, topic.topicId)
        for (const partition of image.topics.get(name)!.partitions) {
          assert.deepEqual([partition.leader, partition.leaderEpoch, partition.isr], [1, starts, [1]])
        }
      }
      await again.stop()
    }
  })

  it('refuses to serve the store of another cluster', async () => {
    const first = await start(startHost(), { clusterId: 'mine' })
    assert.equal(first.metadata.image.clusterId, 'mine')
    await first.stop()
    await assert.rejects(start(first.host, { clusterId: 'theirs' }), /belongs to cluster mine, .* to theirs/)
    const found = await start(first.host, { clusterId: null })
    assert.equal(found.metadata.image.clusterId, 'mine')
    await found.stop()
  })

  it('makes topics that clients ask for, with the defaults, once', async () => {
    const { metadata, until, stop } = await start(startHost(), { config: { 'num.partitions': '2' } })
    await until(metadata.createTopics([request('there')]))
    const names = ['new', 'there', 'a b', '__consumer_offsets', '__transaction_state', 'new']
    const refusals = await until(metadata.ownTopics.createNamed(names))
    assert.deepEqual([...refusals].map(([name, code]) => [name, errorName(code)]).sort(), [
      ['__transaction_state', 'UNKNOWN_TOPIC_OR_PARTITION'],
      ['a b', 'INVALID_TOPIC_EXCEPTION'],
    ])
    assert.equal(metadata.image.topics.get('new')?.partitions.length, 2)
    assert.equal(metadata.image.topics.get('__consumer_offsets')?.configs['cleanup.policy'], 'compact')
    assert.equal(
      (await until(metadata.ownTopics.createOffsets())).topicId,
      metadata.image.topics.get('__consumer_offsets')?.topicId,
    )
    await stop()
  })

  it('puts dynamic settings over static ones', async () => {
    const { metadata, until, stop } = await start(startHost(), { config: { 'log.retention.ms': '1' } })
    const before = metadata.brokerConfig
    assert.equal(before['log.retention.ms'], 1)
    const alter = async (resourceName: string, value: string) => {
      const configs = [{ name: 'log.retention.ms', value, configOperation: 0 }]
      return codes(await until(metadata.incrementalAlterConfigs([{ resourceType: 4, resourceName, configs }])))
    }
    const changes: string[][] = []
    metadata.onChange((_image, _previous, change) => changes.push([...change.brokerConfigs]))
    assert.deepEqual(await alter('', '2'), ['NONE'])
    assert.equal(metadata.brokerConfig['log.retention.ms'], 2)
    assert.deepEqual(await alter('1', '3'), ['NONE'])
    assert.equal(metadata.brokerConfig['log.retention.ms'], 3)
    assert.equal(metadata.brokerConfig, metadata.brokerConfig)
    assert.deepEqual(changes, [[''], ['1']])
    const { static: given, dynamic, dynamicDefault } = metadata.configLayers
    assert.deepEqual(
      [given, dynamicDefault, dynamic].map((layer) => layer?.['log.retention.ms']),
      ['1', '2', '3'],
    )
    await stop()
  })

  it('answers every repetition of a resource or topic in a request', async () => {
    const { metadata, until, stop } = await start()
    await until(metadata.createTopics([request('t')]))
    const grow = (name: string) => ({ name, count: 2, assignments: null })
    assert.deepEqual(codes(await until(metadata.createPartitions([grow('t'), grow('u'), grow('t')]))), [
      'INVALID_REQUEST',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'INVALID_REQUEST',
    ])
    const alter = { resourceType: 2, resourceName: 't', configs: [] }
    assert.deepEqual(codes(await until(metadata.alterConfigs([alter, alter]))), ['INVALID_REQUEST', 'INVALID_REQUEST'])
    const reference = { name: 't', topicId: 'A'.repeat(22) }
    const deletions = await until(metadata.deleteTopics([reference, reference]))
    assert.deepEqual(codes(deletions), ['INVALID_REQUEST', 'INVALID_REQUEST'])
    assert.equal(metadata.image.topics.has('t'), true)
    await stop()
  })

  it('decides again where another was faster', async () => {
    const host = startHost()
    const store = openStore(host)
    let interferences = 0
    const meddled = but(store, {
      transact: async (transaction) => {
        const writesTopic = transaction.success.some(({ key }) => key === topicKey('t'))
        if (writesTopic && interferences++ === 0) {
          const topic = { topicId: 'm'.repeat(22), partitions: [], configs: {} }
          await store.transact({
            compares: [],
            success: [{ kind: 'put', key: topicKey('t'), value: formatTopic(topic) }],
          })
        }
        return await store.transact(transaction)
      },
    })
    const metadata = await openMetadata(host, meddled)
    const names = ['a', 't', 'b']
    const results = await host.world.complete(metadata.createTopics(names.map((name) => request(name))))
    assert.deepEqual(codes(results), ['NONE', 'TOPIC_ALREADY_EXISTS', 'NONE'])
    assert.equal(metadata.image.topics.get('t')?.topicId, 'm'.repeat(22))
    assert.equal(interferences, 1)
  })

  it('waits for its own change where the watch lags, and looks for itself where another was faster', async () => {
    const host = startHost()
    const store = openStore(host)
    const lagging = but(store, {
      watch: (prefix, fromRevision, handlers) =>
        store.watch(prefix, fromRevision, {
          ...handlers,
          events: (batches) => void host.timers.after(50, () => handlers.events(batches)),
        }),
    })
    const metadata = await openMetadata(host, lagging)
    const revisions: number[] = []
    metadata.onChange((image) => revisions.push(image.revision))
    const [made] = await host.world.complete(metadata.createTopics([request('a')]))
    assert.equal(metadata.image.topics.get('a')?.topicId, made?.topicId)
    const topic = { topicId: 'm'.repeat(22), partitions: [], configs: {} }
    const foreign = { kind: 'put' as const, key: topicKey('t'), value: formatTopic(topic) }
    await host.world.complete(store.transact({ compares: [], success: [foreign] }))
    assert.equal(metadata.image.topics.has('t'), false, 'the watch lags')
    const results = await host.world.complete(metadata.createTopics([request('t'), request('u')]))
    assert.deepEqual(codes(results), ['TOPIC_ALREADY_EXISTS', 'NONE'])
    await host.world.runFor(1000)
    assert.deepEqual(
      revisions,
      [...new Set(revisions)].sort((a, b) => a - b),
      'never back, never twice',
    )
    assert.deepEqual([...metadata.image.topics.keys()].sort(), ['a', 't', 'u'])
  })

  it('gives up where others are faster for ever', async () => {
    const host = startHost()
    const store = openStore(host)
    let epoch = 0
    const meddled = but(store, {
      transact: async (transaction) => {
        if (transaction.success.some(({ key }) => key === topicKey('t'))) {
          const partition = { index: 0, replicas: [1], isr: [1], leader: 1, leaderEpoch: epoch++, partitionEpoch: 0 }
          const topic = { topicId: 'm'.repeat(22), partitions: [partition], configs: {} }
          await store.transact({
            compares: [],
            success: [{ kind: 'put', key: topicKey('t'), value: formatTopic(topic) }],
          })
        }
        return await store.transact(transaction)
      },
    })
    const metadata = await openMetadata(host, meddled)
    await host.world.complete(metadata.createTopics([request('t')]))
    const results = await host.world.complete(metadata.createPartitions([{ name: 't', count: 2, assignments: null }]))
    assert.deepEqual(codes(results), ['REQUEST_TIMED_OUT'])
    assert.ok(epoch > 10)
  })

  it('changes nothing when the store fails, and says so', async () => {
    const { host, metadata, until } = await start()
    const { image } = metadata
    host.disk.failNext('sync', 'EIO')
    await assert.rejects(until(metadata.createTopics([request('t')])), /EIO/)
    assert.equal(metadata.image, image)
    await assert.rejects(until(metadata.createTopics([request('u')])), /journal/)
    await until(metadata.close())
  })

  it('keeps through a crash what it acknowledged', async () => {
    let crashes = 0
    for (let seed = 1; seed <= 60; seed++) {
      const host = startHost(seed)
      host.disk.crashAt(host.disk.calls + 3 + (seed % 30))
      const made = new Map<string, string>()
      const opened = Metadata.open({ store: openStore(host), host, config: {}, logger, nodeId: 1, clusterId: null })
      const work = opened.then(async (metadata) => {
        for (let i = 0; i < 10; i++) {
          for (const { name, topicId, errorCode } of await metadata.createTopics([
            request(`a${i}`),
            request(`b${i}`),
          ])) {
            assert.equal(errorCode, 0)
            assert.equal(metadata.image.topics.get(name)?.topicId, topicId)
            made.set(name, topicId)
          }
        }
      })
      let settled = false
      work.catch(() => {}).finally(() => (settled = true))
      await host.world.runUntil(() => settled || !host.alive)
      if (!host.alive) crashes += 1
      const { metadata, stop } = await start(host.reboot())
      for (const [name, topicId] of made)
        assert.equal(metadata.image.topics.get(name)?.topicId, topicId, `seed ${seed}`)
      for (const { name, partitions } of metadata.image.topics.values()) {
        assert.deepEqual([partitions[0]?.leader, partitions[0]?.leaderEpoch], [1, 1], `seed ${seed}, ${name}`)
        const pair = name.startsWith('a') ? name.replace('a', 'b') : name.replace('b', 'a')
        assert.ok(metadata.image.topics.has(pair), `seed ${seed}: ${name} and ${pair} are one transaction`)
      }
      await stop()
    }
    assert.ok(crashes > 40, `${crashes} crashes`)
  })
})
