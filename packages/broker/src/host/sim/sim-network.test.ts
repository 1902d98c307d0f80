import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection } from '../network.ts'
import { createSimHost, type SimConnection, type SimHost, SimWorld } from './index.ts'

describe('a simulated network', () => {
  it('cuts bytes into other pieces than they were sent in', async () => {
    const sizes = new Set<number>()
    for (let seed = 1; seed <= 10; seed++) {
      const { world, client, pieces } = await pair(seed)
      for (let i = 0; i < 20; i++) client.send(Buffer.alloc(100), 0, 100, [], () => {})
      await world.settle()
      assert.equal(
        pieces.reduce((sum, size) => sum + size, 0),
        2_000,
      )
      for (const size of pieces) sizes.add(size)
    }
    assert.ok([...sizes].some((size) => size < 17))
    assert.ok([...sizes].some((size) => size > 100))
  })

  it('takes back the bytes it lends', async () => {
    const { world, client, server } = await pair(1)
    let kept: Buffer | null = null
    server.onData = (buffer, start, end) => {
      kept = buffer.subarray(start, end)
      assert.equal(kept.toString(), 'x'.repeat(end - start))
    }
    client.send(Buffer.from('xxx'), 0, 3, [], () => {})
    await world.settle()
    assert.notEqual(kept, null)
    assert.equal(kept!.includes('x'), false)
  })

  it('takes a buffer only until it gives it back', async () => {
    const { world, client, server } = await pair(1)
    server.connection.pause()
    const bytes = Buffer.alloc(1_000_000, 1)
    let sent = false
    client.send(bytes, 0, bytes.length, [], () => {
      sent = true
    })
    await world.settle()
    assert.equal(sent, false)
    bytes.fill(2)
    let twos = 0
    server.onData = (buffer, start, end) => {
      for (let i = start; i < end; i++) if (buffer[i] === 2) twos++
    }
    server.connection.resume()
    await world.settle()
    assert.equal(sent, true)
    assert.ok(twos > 0)
  })

  it('tells both ends of a cut', async () => {
    const { world, client, server, clientClosed } = await pair(3)
    client.cut()
    await world.settle()
    for (const closed of [clientClosed, server.closed]) {
      assert.deepEqual(
        closed.map((error) => (error as NodeJS.ErrnoException).code),
        ['ECONNRESET'],
      )
    }
    assert.deepEqual(world.wire.connections, [])
  })

  it('can be cut in one direction: what was sent comes when the way is open', async () => {
    const { world, client, server, pieces } = await pair(5)
    const received = () => pieces.reduce((sum, size) => sum + size, 0)
    const [from, to] = [client.localAddress, client.remoteAddress]
    let answered = 0
    client.start({
      data: (_buffer, _view, start, end) => {
        answered += end - start
      },
      ended: () => {},
      drained: () => {},
      closed: () => {},
    })
    world.wire.silence(from, to)
    client.send(Buffer.alloc(10), 0, 10, [], () => {})
    server.connection.send(Buffer.alloc(7), 0, 7, [], () => {})
    await world.settle()
    assert.equal(received(), 0)
    assert.equal(answered, 7)
    world.wire.unsilence(from, to)
    await world.settle()
    assert.equal(received(), 10)
  })

  it('can lose a connection without a word to either end', async () => {
    const { world, client, server, clientClosed, pieces } = await pair(4)
    client.vanish()
    client.send(Buffer.alloc(1_000_000), 0, 1_000_000, [], () => {})
    server.connection.send(Buffer.alloc(10), 0, 10, [], () => {})
    await world.runFor(60_000)
    assert.deepEqual(pieces, [])
    assert.deepEqual(clientClosed, [])
    assert.deepEqual(server.closed, [])
    assert.ok(client.queuedBytes > 0)
    client.destroy()
    await world.run()
    assert.deepEqual(clientClosed, [null])
    assert.deepEqual(server.closed, [])
  })

  it('refuses where nobody listens', async () => {
    const host = createSimHost(1)
    const closed: (Error | null)[] = []
    host.network
      .connect({ host: '127.0.0.1', port: 1 })
      .start({ data() {}, ended() {}, drained() {}, closed: (error) => closed.push(error) })
    await host.world.run()
    assert.equal((closed[0] as NodeJS.ErrnoException).code, 'ECONNREFUSED')
    assert.equal(closed.length, 1)
  })

  it('ends the connections of a host that is killed, and of some that lose power', async () => {
    const told = { process: 0, power: 0 }
    for (const death of ['process', 'power'] as const) {
      for (let seed = 1; seed <= 40; seed++) {
        const { world, serverHost, clientClosed, ended } = await pair(seed)
        serverHost.crash(death)
        await world.run()
        if (clientClosed.length + ended.count > 0) told[death]++
      }
    }
    assert.equal(told.process, 40)
    assert.ok(told.power > 5 && told.power < 35, String(told.power))
  })
})

interface ServerSide {
  connection: Connection
  closed: (Error | null)[]
  onData: (buffer: Buffer, start: number, end: number) => void
}

interface Pair {
  readonly world: SimWorld
  readonly serverHost: SimHost
  readonly client: SimConnection
  readonly server: ServerSide
  readonly clientClosed: (Error | null)[]
  readonly ended: { count: number }
  /** Sizes of what the server was handed. */
  readonly pieces: number[]
}

/** A client and a server that are connected. */
async function pair(seed: number): Promise<Pair> {
  const world = new SimWorld(seed)
  const serverHost = createSimHost(world, { name: 'server', address: '10.0.0.1' })
  const clientHost = createSimHost(world, { name: 'client', address: '10.0.0.2' })
  const pieces: number[] = []
  let server: ServerSide | null = null
  const accept = (connection: Connection) => {
    const side: ServerSide = { connection, closed: [], onData() {} }
    connection.start({
      data(buffer, _view, start, end) {
        pieces.push(end - start)
        side.onData(buffer, start, end)
      },
      ended() {},
      drained() {},
      closed: (error) => side.closed.push(error),
    })
    server = side
  }
  const listener = await world.complete(serverHost.network.listen({ host: '::', port: 0 }, accept))
  const client = clientHost.network.connect(listener)
  const clientClosed: (Error | null)[] = []
  const ended = { count: 0 }
  client.start({
    data() {},
    ended() {
      ended.count++
    },
    drained() {},
    closed: (error) => clientClosed.push(error),
  })
  await world.settle()
  return { world, serverHost, client, server: server!, clientClosed, ended, pieces }
}
