import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorName } from '@odradek/protocol'
import { pino } from 'pino'
import { brokerKey, controllerKey, topicKey } from './keys.ts'
import { Metadata } from './metadata.ts'
import { but, codes, logger, openMetadata, openStore, request, start, startHost } from './testing/simulated-metadata.ts'

describe('several brokers on one store', () => {
  async function startTwo() {
    const first = await start()
    const { host, store, until } = first
    const second = await openMetadata(host, store, { nodeId: 2 })
    return { host, store, until, first: first.metadata, second }
  }

  it('have one controller, the first; the others refuse to decide', async () => {
    const { until, first, second } = await startTwo()
    assert.deepEqual([first.isController, second.isController], [true, false])
    assert.deepEqual([first.image.controllerId, second.image.controllerId], [1, 1])
    assert.equal(first.image.clusterId, second.image.clusterId)
    assert.deepEqual([...first.image.brokers.keys()], [1, 2])
    const [refused] = await until(second.createTopics([request('t')]))
    assert.deepEqual(
      [errorName(refused!.errorCode), refused?.errorMessage],
      ['NOT_CONTROLLER', 'Broker 1 is the controller.'],
    )
    const [made] = await until(first.createTopics([request('t', { numPartitions: 4, replicationFactor: 2 })]))
    assert.equal(made?.errorCode, 0)
    assert.deepEqual(second.image.topics.get('t'), first.image.topics.get('t'))
  })

  it('elect the next when the controller leaves', async () => {
    const { host, until, first, second } = await startTwo()
    await until(first.close())
    await host.world.runUntil(() => second.isController)
    assert.deepEqual([...second.image.brokers.keys()], [2])
    const [made] = await until(second.createTopics([request('t')]))
    assert.equal(made?.errorCode, 0)
    assert.deepEqual(codes(await until(first.createTopics([request('u')]))), ['NOT_CONTROLLER'])
  })

  it('elect the next when the controller falls silent, and the silent one knows it before', async () => {
    const host = startHost()
    const store = openStore(host)
    let silent = false
    const halting = but(store, { keepAlive: (lease) => (silent ? new Promise(() => {}) : store.keepAlive(lease)) })
    const first = await openMetadata(host, halting, { nodeId: 1 })
    const second = await openMetadata(host, store, { nodeId: 2 })
    silent = true
    while (first.isController) await host.world.runFor(100)
    assert.equal(second.image.controllerId, 1, 'the lease has not ended yet')
    await host.world.runUntil(() => second.isController)
    assert.equal(first.isController, false)
    assert.equal(second.image.brokers.has(1), false)
  })

  it('go over all that came while the controller could not tell whether it still was', async () => {
    const host = startHost()
    const store = openStore(host)
    let isAway = false
    const halting = but(store, {
      keepAlive: (lease) => (isAway ? Promise.reject(new Error('unreachable')) : store.keepAlive(lease)),
    })
    const first = await openMetadata(host, halting, { nodeId: 1 })
    const second = await openMetadata(host, store, { nodeId: 2 })
    for (const metadata of [first, second])
      await host.world.complete(metadata.registerBroker([{ name: 'A', host: 'h', port: 7 }]))
    await host.world.complete(first.createTopics([request('t', { numPartitions: 4, replicationFactor: 2 })]))
    const leaders = () => new Set(first.image.topics.get('t')!.partitions.map(({ leader }) => leader))
    assert.deepEqual(leaders(), new Set([1, 2]))
    const { controllerEpoch } = first.image
    isAway = true
    while (first.isController) await host.world.runFor(100)
    await host.world.complete(second.close())
    await host.world.settle()
    assert.equal(first.image.brokers.has(2), false)
    isAway = false
    await host.world.runUntil(() => first.isController)
    assert.equal(first.image.controllerEpoch, controllerEpoch, 'its lease had not ended')
    await host.world.runFor(1000)
    assert.deepEqual(leaders(), new Set([1]))
  })

  it('fence a controller that does not know it has been replaced', async () => {
    const { host, store, until, first } = await startTwo()
    const { controllerEpoch } = first.image
    // The key is replaced and the decision made before the news arrive.
    const [replaced, [result]] = await until(
      Promise.all([
        store.transact({ compares: [], success: [{ kind: 'delete', key: controllerKey }] }),
        first.createTopics([request('t')]),
      ]),
    )
    assert.equal(replaced.succeeded, true)
    await host.world.settle()
    assert.notEqual(first.image.controllerEpoch, controllerEpoch)
    assert.ok(['NONE', 'NOT_CONTROLLER'].includes(errorName(result!.errorCode)))
    assert.equal(first.image.topics.has('t'), result?.errorCode === 0)
    const { entry: topic } = await store.get(topicKey('t'))
    assert.ok(topic === null || topic.modRevision > first.image.controllerEpoch, 'nothing was stored under the old key')
  })

  it('take over an id when its lease has ended, and not before', async () => {
    const { host, store, first } = await startTwo()
    await assert.rejects(openMetadata(host, store, { nodeId: 1 }), /Broker 1 is already registered and alive/)
    let settled = false
    const third = Metadata.open({ store, host, config: {}, logger, nodeId: 1, clusterId: null }).finally(() => {
      settled = true
    })
    await host.world.runFor(5000)
    assert.equal(settled, false)
    const { epoch } = first.image.brokers.get(1)!
    await host.world.complete(first.close())
    const metadata = await host.world.complete(third)
    assert.ok(metadata.image.brokers.get(1)!.epoch > epoch)
  })

  it('register again when their lease was lost', async () => {
    const host = startHost()
    const store = openStore(host)
    let silent = false
    const halting = but(store, {
      keepAlive: (lease) => (silent ? Promise.reject(new Error('unreachable')) : store.keepAlive(lease)),
    })
    const metadata = await openMetadata(host, halting, { nodeId: 1 })
    await host.world.complete(metadata.registerBroker([{ name: 'A', host: 'h', port: 7 }]))
    const { epoch } = metadata.image.brokers.get(1)!
    assert.equal(metadata.isCertainlyAlive, true)
    silent = true
    await host.world.runUntil(() => !metadata.isCertainlyAlive)
    assert.equal(metadata.image.brokers.get(1)?.epoch, epoch, 'nobody has taken it for dead yet')
    await host.world.runUntil(() => metadata.image.brokers.size === 0)
    assert.deepEqual([metadata.isController, metadata.image.controllerId], [false, -1])
    silent = false
    const [made] = await host.world.complete(metadata.createTopics([request('t')]))
    assert.equal(made?.errorCode, 0, 'the first write confirms the registration')
    const broker = metadata.image.brokers.get(1)!
    assert.ok(broker.epoch > epoch)
    assert.deepEqual(broker.listeners, [{ name: 'A', host: 'h', port: 7 }])
    assert.equal((await store.get(brokerKey(1))).entry?.version, 1)
  })

  it('are not certainly alive by a new registration before they know what was decided while they had none', async () => {
    const host = startHost()
    const store = openStore(host)
    let isCutOff = false
    const late: (() => void)[] = []
    const halting = but(store, {
      keepAlive: (lease) => (isCutOff ? Promise.reject(new Error('unreachable')) : store.keepAlive(lease)),
      watch: (prefix, fromRevision, handlers) =>
        store.watch(prefix, fromRevision, {
          ...handlers,
          events(batches) {
            if (late.length > 0 || isCutOff) late.push(() => handlers.events(batches))
            else handlers.events(batches)
          },
        }),
    })
    const metadata = await openMetadata(host, halting, { nodeId: 1 })
    const { epoch } = metadata.image.brokers.get(1)!
    isCutOff = true
    await host.world.runUntil(() => late.length > 0)
    assert.equal(metadata.isCertainlyAlive, false)
    isCutOff = false
    // The end of its lease is listed before it registers again.
    await host.world.runUntil(() => late.length > 1)
    assert.equal(metadata.image.brokers.has(1), false)
    assert.equal(metadata.isCertainlyAlive, false)
    for (const tell of late.splice(0)) tell()
    assert.ok(metadata.image.brokers.get(1)!.epoch > epoch)
    assert.equal(metadata.isCertainlyAlive, true)
  })

  it('register again where the lease for that ended before it was used', async () => {
    const host = startHost()
    const store = openStore(host)
    /** Of which leases the end is to come while this process is held up. */
    const lost: ('old' | 'new')[] = []
    const halting = but(store, {
      keepAlive: async (lease) => {
        if (lost[0] === 'old' && lost.shift()) await store.revoke(lease)
        return await store.keepAlive(lease)
      },
      grantLease: async (ttlMs) => {
        const lease = await store.grantLease(ttlMs)
        if (lost[0] === 'new' && lost.shift()) await store.revoke(lease)
        return lease
      },
    })
    const lines: string[] = []
    const warnings = pino({ level: 'warn' }, { write: (line) => void lines.push(line) })
    const metadata = await openMetadata(host, halting, { nodeId: 1, logger: warnings })
    const { epoch } = metadata.image.brokers.get(1)!
    lost.push('old', 'new')
    await host.world.runFor(20_000)
    assert.deepEqual(lost, [])
    // Nothing of it is taken for a store that does not answer, which whoever waits for the registration would be told.
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { msg: string }).msg),
      ['The registration has expired: this process was held up for too long. Registering again'],
    )
    const again = metadata.image.brokers.get(1)?.epoch ?? 0
    assert.ok(again > epoch, `registered by ${again}, before that by ${epoch}`)
    assert.equal(metadata.problem, null)
  })

  it('do not register again when they are closed meanwhile', async () => {
    const host = startHost()
    const store = openStore(host)
    let isLost = false
    let closed: Promise<void> | null = null
    const halting = but(store, {
      keepAlive: async (lease) => {
        if (isLost) await store.revoke(lease)
        return await store.keepAlive(lease)
      },
      grantLease: async (ttlMs) => {
        if (isLost) closed ??= metadata.close()
        return await store.grantLease(ttlMs)
      },
    })
    const metadata: Metadata = await openMetadata(host, halting, { nodeId: 1 })
    isLost = true
    await host.world.runUntil(() => closed !== null)
    // Shorter than a lease lasts that nobody renews.
    await host.world.runFor(1_000)
    await closed
    assert.equal((await host.world.complete(store.get(brokerKey(1)))).entry, null)
  })

  for (const isMade of [true, false]) {
    it(`go on where the answer to that never came, and it was ${isMade ? '' : 'not '}made`, async () => {
      const host = startHost()
      const store = openStore(host)
      const silent = Object.assign(new Error('unreachable'), { code: 'UNAVAILABLE' })
      let isAway = false
      let isAnswerLost = false
      const halting = but(store, {
        keepAlive: (lease) => (isAway ? Promise.reject(silent) : store.keepAlive(lease)),
        transact: async (transaction) => {
          if (!isAnswerLost) return await store.transact(transaction)
          isAnswerLost = false
          if (isMade) assert.equal((await store.transact(transaction)).succeeded, true)
          throw silent
        },
      })
      const first = await openMetadata(host, halting, { nodeId: 1 })
      const second = await openMetadata(host, store, { nodeId: 2 })
      for (const metadata of [first, second])
        await host.world.complete(metadata.registerBroker([{ name: 'A', host: 'h', port: 7 }]))
      const { epoch } = first.image.brokers.get(1)!
      isAway = true
      await host.world.runUntil(() => second.isController && first.image.controllerId === 2)
      isAnswerLost = true
      isAway = false
      await host.world.runUntil(() => !isAnswerLost)
      await host.world.runFor(20_000)
      const again = first.image.brokers.get(1)?.epoch ?? 0
      assert.ok(again > epoch, `registered by ${again}, before that by ${epoch}`)
      // What it writes in its own name compares its registration.
      const told = first.registerBroker([{ name: 'A', host: 'h', port: 8 }])
      await host.world.runFor(20_000)
      assert.equal(second.image.brokers.get(1)!.listeners[0]!.port, 8)
      await told
      assert.equal(first.image.brokers.get(1)!.epoch, again)
    })
  }
})
