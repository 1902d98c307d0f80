import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createTRPCClient, createWSClient, type TRPCLink, wsLink } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { applyWSSHandler } from '@trpc/server/adapters/ws'
import { observable } from '@trpc/server/observable'
import { WebSocketServer } from 'ws'
import { whileSeen } from './while-seen.ts'

const { router, procedure } = initTRPC.create()
const subscription = procedure.subscription(async function* () {
  yield 0
})
const routers = router({
  topics: router({ listLive: subscription, live: subscription }),
  messages: router({ tail: subscription }),
})
type Routers = typeof routers

/** A page that is seen or not, and what is subscribed to by it. */
class Page extends EventTarget {
  visibilityState = 'visible'
  readonly open: string[] = []
  begun = 0
  readonly ids: number[] = []
  readonly received: unknown[] = []
  readonly #ends: TRPCLink<Routers> =
    () =>
    ({ op }) =>
      observable((observer) => {
        this.open.push(op.path)
        this.ids.push(op.id)
        observer.next({ result: { type: 'data', data: ++this.begun } })
        return () => {
          this.open.splice(this.open.indexOf(op.path), 1)
          // As the link over a WebSocket does.
          observer.complete()
        }
      })
  readonly client = createTRPCClient<Routers>({ links: [whileSeen(this), this.#ends] })

  show(state: 'visible' | 'hidden'): void {
    this.visibilityState = state
    this.dispatchEvent(new Event('visibilitychange'))
  }

  follow(name: 'listLive' | 'live') {
    return this.client.topics[name].subscribe(undefined, { onData: (data) => this.received.push(data) })
  }
}

test('views are followed while the page is seen, and anew once it is seen again', () => {
  const page = new Page()
  const list = page.follow('listLive')
  const one = page.follow('live')
  assert.deepEqual(page.open, ['topics.listLive', 'topics.live'])
  page.show('hidden')
  assert.deepEqual(page.open, [])
  page.show('visible')
  page.show('visible')
  assert.deepEqual(
    [page.open, page.received],
    [
      ['topics.listLive', 'topics.live'],
      [1, 2, 3, 4],
    ],
  )
  page.show('hidden')
  list.unsubscribe()
  page.show('visible')
  assert.deepEqual(page.open, ['topics.live'], 'who has gone is not brought back')
  one.unsubscribe()
  page.show('hidden')
  page.show('visible')
  assert.deepEqual([page.open, page.begun], [[], 5])
  assert.equal(new Set(page.ids).size, 5, 'the end of one is not taken for that of the next')
})

test('a page that is opened unseen waits; what goes on from where it was is not ended', () => {
  const page = new Page()
  page.show('hidden')
  page.follow('listLive')
  const tail = page.client.messages.tail.subscribe(undefined, {})
  assert.deepEqual(page.open, ['messages.tail'])
  page.show('visible')
  assert.deepEqual(page.open, ['messages.tail', 'topics.listLive'])
  page.show('hidden')
  assert.deepEqual(page.open, ['messages.tail'])
  tail.unsubscribe()
  assert.deepEqual(page.open, [])
})

test('over a WebSocket, too: hidden and seen at once, the old end is not taken for one of the new', {
  timeout: 60_000,
}, async () => {
  const told = new EventEmitter()
  let followed = 0
  const server = router({
    topics: router({
      listLive: procedure.subscription(async function* ({ signal }) {
        const number = ++followed
        yield number
        await once(signal!, 'abort')
        told.emit('ended')
      }),
    }),
  })
  const wss = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await once(wss, 'listening')
  applyWSSHandler({ wss, router: server })
  const socket = createWSClient({ url: `ws://127.0.0.1:${(wss.address() as AddressInfo).port}` })
  const page = new Page()
  const client = createTRPCClient<typeof server>({ links: [whileSeen(page), wsLink({ client: socket })] })
  const views = new EventEmitter()
  const next = async () => (await once(views, 'view'))[0] as number
  let first = next()
  const ended: string[] = []
  const following = client.topics.listLive.subscribe(undefined, {
    onData: (view) => views.emit('view', view),
    onError: (error) => ended.push(error.message),
    onComplete: () => ended.push('complete'),
  })
  assert.equal(await first, 1)
  for (const number of [2, 3]) {
    const end = once(told, 'ended')
    first = next()
    page.show('hidden')
    page.show('visible')
    assert.equal(await first, number)
    await end
  }
  const end = once(told, 'ended')
  page.show('hidden')
  await end
  first = next()
  page.show('visible')
  assert.equal(await first, 4, 'and after a while')
  assert.deepEqual(ended, [])
  following.unsubscribe()
  await socket.close()
  wss.close()
})
