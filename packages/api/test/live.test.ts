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

test('rates and lag come over a WebSocket as they are sampled; who comes back is told what was missed', async () => {
  await using scene = await ConsoleScene.open()
  await using stack = new AsyncDisposableStack()
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => void server.close())
  const wss = new WebSocketServer({ server })
  stack.defer(() => void wss.close())
  const facts = { header: () => null, remoteAddress: '127.0.0.1' }
  applyWSSHandler({ wss, router: appRouter, createContext: () => createContext(scene.console, facts) })
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  const ws = createWSClient({ url, WebSocket: WebSocket as never })
  stack.defer(() => ws.close())
  const client = createTRPCClient<AppRouter>({ links: [wsLink({ client: ws })] })

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
