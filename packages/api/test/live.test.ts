import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createTRPCClient, createWSClient, wsLink } from '@trpc/client'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { WebSocket, WebSocketServer } from 'ws'
import { type AppRouter, appRouter, createContext } from '../src/index.ts'
import { ConsoleScene } from './console-scene.ts'

const cluster = 'local'

/** A client over a WebSocket to a scene's routers. */
async function connect(scene: ConsoleScene, stack: AsyncDisposableStack) {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => void server.close())
  const wss = new WebSocketServer({ server })
  stack.defer(() => void wss.close())
  const facts = { header: () => null, remoteAddress: '127.0.0.1' }
  applyWSSHandler({ wss, router: appRouter, createContext: () => createContext(scene.console, facts) })
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  const ws = createWSClient({ url, WebSocket: WebSocket as never, retryDelayMs: () => 0 })
  stack.defer(() => ws.close())
  const client = createTRPCClient<AppRouter>({ links: [wsLink({ client: ws })] })
  /** Cuts every connection, as a network does. */
  const cut = () => {
    for (const socket of wss.clients) socket.terminate()
  }
  return { client, cut }
}

/** What arrives, one by one. */
function arrivals<T>() {
  const waiting: ((value: T) => void)[] = []
  const come: T[] = []
  return {
    push(value: T): void {
      const next = waiting.shift()
      if (next) next(value)
      else come.push(value)
    },
    next(): Promise<T> {
      if (come.length > 0) return Promise.resolve(come.shift()!)
      return new Promise((resolve) => void waiting.push(resolve))
    },
  }
}

test('lists are sent when they have changed, also over a connection that was cut; a cluster that is away is said', async () => {
  await using scene = await ConsoleScene.open({ metadataAgeMaxMs: 0 })
  await using stack = new AsyncDisposableStack()
  const { client, cut } = await connect(scene, stack)
  const { sampler } = scene.console.session(cluster)
  const pages = arrivals<readonly string[] | null>()
  const started = arrivals<void>()
  const input = { cluster, search: 'live', columns: true }
  const subscription = client.topics.listLive.subscribe(input, {
    onStarted: () => started.push(),
    onData: (view) => pages.push(view?.page.rows.map(({ name, records }) => `${name} ${records}`) ?? null),
  })
  await started.next()
  await sampler.take()
  assert.deepEqual(await pages.next(), [])
  await scene.caller.topics.create({ cluster, topic: 'live-orders' })
  await sampler.take()
  assert.deepEqual(await pages.next(), ['live-orders 0'])
  await sampler.take()
  const payload = { format: 'text', text: 'x' } as const
  await scene.caller.messages.produce({ cluster, topic: 'live-orders', key: payload, value: payload })
  await sampler.take()
  assert.deepEqual(await pages.next(), ['live-orders 1'], 'a look that changed nothing sent nothing')
  cut()
  await started.next()
  await sampler.take()
  assert.deepEqual(await pages.next(), ['live-orders 1'], 'who comes back gets what is there now')
  await scene.broker.close()
  await assert.rejects(sampler.take())
  assert.equal(await pages.next(), null)
  subscription.unsubscribe()
})

test('what stands on one page is sent as its query tells it, and again when it has changed', async () => {
  await using scene = await ConsoleScene.open({ metadataAgeMaxMs: 0 })
  await using stack = new AsyncDisposableStack()
  const { client } = await connect(scene, stack)
  const { caller } = scene
  const { sampler } = scene.console.session(cluster)
  await caller.topics.create({ cluster, topic: 'one', partitions: 2 })
  const payload = { format: 'text', text: 'x' } as const
  const produce = () => caller.messages.produce({ cluster, topic: 'one', partition: 0, key: payload, value: payload })
  await produce()
  await sampler.take()
  const topic = { cluster, topic: 'one' }
  const [broker] = await caller.brokers.list({ cluster })
  const node = { cluster, nodeId: broker!.nodeId }
  const field = (name: string) => (view: unknown) => (view as Record<string, unknown>)[name]
  const whole = (view: unknown) => view
  const place = { ...topic, partition: 1 }
  const all = { cluster, only: 'all' } as const
  const search = { cluster, search: 'create one' }
  /** What a subscription brings, and what of it is the same whenever it is asked for. */
  const live = [
    [client.topics.partitionsLive, topic, () => caller.topics.partitions(topic), whole],
    [client.topics.groupsLive, topic, () => caller.topics.groups(topic), whole],
    [client.topics.producersLive, topic, () => caller.topics.producers(topic), whole],
    [client.brokers.listLive, { cluster }, () => caller.brokers.list({ cluster }), field('length')],
    [client.brokers.live, node, () => caller.brokers.get(node), field('nodeId')],
    [client.replication.overviewLive, { cluster }, () => caller.replication.overview({ cluster }), field('moving')],
    [
      client.replication.partitionsLive,
      { cluster, only: 'all' },
      () => caller.replication.partitions(all),
      field('rows'),
    ],
    [client.replication.partitionLive, place, () => caller.replication.partition(place), field('replicas')],
    [client.replication.historyLive, { cluster }, () => caller.replication.history({ cluster }), field('events')],
    [client.replication.movesLive, { cluster }, () => caller.replication.moves({ cluster }), whole],
    [client.storage.getLive, { cluster }, () => caller.storage.get({ cluster }), field('problem')],
    [client.storage.topicsLive, { cluster }, () => caller.storage.topics({ cluster }), field('rows')],
    [client.storage.topicLive, topic, async () => ({ topic: await caller.storage.topic(topic) }), whole],
    [client.delayed.topicsLive, { cluster }, () => caller.delayed.topics({ cluster }), whole],
    [client.retries.listLive, { cluster }, () => caller.retries.list({ cluster }), whole],
    [client.alerts.live, { cluster }, () => caller.alerts.get({ cluster }), field('rules')],
    [client.alerts.firingLive, { cluster }, () => caller.alerts.firing({ cluster }), whole],
    [client.deadLetters.listLive, { cluster }, () => caller.deadLetters.list({ cluster }), whole],
    [client.deadLetters.totalsLive, { cluster }, () => caller.deadLetters.totals({ cluster }), whole],
    [client.overview.getLive, { cluster }, () => caller.overview.get({ cluster }), field('topics')],
    [client.audit.live, search, () => caller.audit.list(search), field('entries')],
    [client.audit.live, { cluster }, () => caller.audit.list({ cluster }), field('entries')],
  ] as const
  for (const row of live) {
    const [procedure, input, ask, same] = row
    const views = arrivals<unknown>()
    const started = arrivals<void>()
    const subscribe = procedure.subscribe as (
      input: object,
      listener: { onStarted(): void; onData(view: unknown): void },
    ) => { unsubscribe(): void }
    const subscription = subscribe(input, { onStarted: () => started.push(), onData: (view) => views.push(view) })
    await started.next()
    await sampler.take()
    assert.deepEqual(same(await views.next()), same(await ask()))
    if (ask === live[0][2]) {
      await produce()
      await sampler.take()
      assert.deepEqual(await views.next(), await ask(), 'the record that came since')
    }
    if (procedure === client.audit.live) {
      await sampler.take()
      await caller.topics.create({ cluster, topic: `one-${live.indexOf(row)}` })
      await sampler.take()
      assert.deepEqual(same(await views.next()), same(await ask()), 'the change that came since, and nothing before it')
    }
    subscription.unsubscribe()
  }
})

test('rates and lag come over a WebSocket as they are sampled; who comes back is told what was missed', async () => {
  await using scene = await ConsoleScene.open()
  await using stack = new AsyncDisposableStack()
  const { client } = await connect(scene, stack)

  const { sampler } = scene.console.session(cluster)
  await sampler.take()
  const first = sampler.history.newest!
  const points: { id: string; lag: number | null | undefined }[] = []
  const arrived = Promise.withResolvers<void>()
  const started = Promise.withResolvers<void>()
  const subscription = client.overview.live.subscribe(
    { cluster, lastEventId: String(first.atMs - 1) },
    {
      onStarted: () => started.resolve(),
      onData: ({ id, data }) => {
        points.push({ id, lag: data.values.lag })
        if (points.length === 2) arrived.resolve()
      },
      onError: (error) => arrived.reject(error),
    },
  )
  await started.promise
  await sampler.take()
  await arrived.promise
  assert.equal(points[0]?.id, String(first.atMs), 'missed while away')
  assert.equal(points[1]?.lag, 0)
  subscription.unsubscribe()
})
