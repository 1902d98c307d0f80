import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Connection, ConnectionHandlers, Listener } from './network.ts'
import { type Machine, networkMachines } from './testing/machines.ts'

const HOST = '127.0.0.1'

for (const { name, open } of networkMachines) {
  describe(`a network of the ${name} host`, () => {
    it('tells where it listens, and refuses the same place to another', async () => {
      await using machine = open()
      const { network } = machine.host
      const listener = await machine.until(network.listen({ host: HOST, port: 0 }, () => {}))
      assert.equal(listener.host, HOST)
      assert.ok(listener.port > 0)
      const again = network.listen({ host: HOST, port: listener.port }, () => {})
      await assert.rejects(machine.until(again), { code: 'EADDRINUSE' })
      await machine.until(listener.close())
      const third = await machine.until(network.listen({ host: HOST, port: listener.port }, () => {}))
      await machine.until(third.close())
    })

    it('serves IPv6 addresses', async () => {
      await using machine = open()
      await using served = await serve(machine, echo, '::1')
      const peer = machine.connect(served.listener)
      peer.send(Buffer.from('six'))
      await machine.untilTrue(() => peer.receivedBytes() === 3)
    })

    it('keeps connections when it stops listening', async () => {
      await using machine = open()
      await using served = await serve(machine, echo)
      const peer = machine.connect(served.listener)
      peer.send(Buffer.from('a'))
      await machine.untilTrue(() => peer.receivedBytes() === 1)
      await machine.until(served.listener.close())
      const late = machine.connect(served.listener)
      assert.equal(((await machine.until(late.closed)) as NodeJS.ErrnoException).code, 'ECONNREFUSED')
      peer.send(Buffer.from('b'))
      await machine.untilTrue(() => peer.receivedBytes() === 2)
    })

    it('connects, and sends first what it was given before the connection was made', async () => {
      await using machine = open()
      await using served = await serve(machine, echo)
      const { host, port } = served.listener
      const connection = machine.host.network.connect({ host, port })
      const received: Buffer[] = []
      const closed: (Error | null)[] = []
      let sent = 0
      connection.start({
        data: (buffer, _view, start, end) => received.push(Buffer.from(buffer.subarray(start, end))),
        ended() {},
        drained() {},
        closed: (error) => closed.push(error),
      })
      for (const text of ['one ', 'two ', 'three']) {
        const bytes = Buffer.from(text)
        connection.send(bytes, 0, bytes.length, [], () => {
          sent++
        })
      }
      await machine.untilTrue(() => Buffer.concat(received).toString() === 'one two three' && sent === 3)
      assert.equal(connection.remotePort, port)
      connection.destroy()
      await machine.untilTrue(() => closed.length === 1)
      const [side] = served.sides
      await machine.untilTrue(() => side!.closed.length === 1 || side!.events.includes('ended'))
    })

    it('tells why it could not connect', async () => {
      await using machine = open()
      const served = await serve(machine, quiet)
      const { host, port } = served.listener
      await machine.until(Promise.resolve(served[Symbol.asyncDispose]()))
      const closed: (NodeJS.ErrnoException | null)[] = []
      const connection = machine.host.network.connect({ host, port })
      connection.start({ data() {}, ended() {}, drained() {}, closed: (error) => closed.push(error) })
      await machine.untilTrue(() => closed.length === 1)
      assert.equal(closed[0]?.code, 'ECONNREFUSED')
    })

    it('tells who is at the other end', async () => {
      await using machine = open()
      await using served = await serve(machine, echo)
      const peer = machine.connect(served.listener)
      await machine.untilTrue(() => served.sides.length === 1)
      assert.equal(served.sides[0]!.connection.remotePort, peer.port)
      assert.notEqual(served.sides[0]!.connection.remoteAddress, '')
    })

    it('keeps the order of bytes, and a view that agrees with the buffer', async () => {
      await using machine = open()
      await using served = await serve(machine, echo)
      const peer = machine.connect(served.listener)
      const all = numbered(50_000, 0)
      for (let from = 0; from < all.length; from += 1_777) peer.send(all.subarray(from, from + 1_777))
      await machine.untilTrue(() => peer.receivedBytes() >= all.length)
      assert.ok(peer.received().equals(all))
      assert.equal(served.sides[0]!.viewsWrong, 0)
      assert.equal(served.sides[0]!.ranges.filter(([start, end]) => start >= end).length, 0)
    })

    it('never mixes the bytes of connections that are served at the same time', async () => {
      await using machine = open()
      await using served = await serve(machine, echo)
      const peers = Array.from({ length: 40 }, () => machine.connect(served.listener))
      const sent = peers.map((_, i) => numbered(20_000, i))
      for (let from = 0; from < 80_000; from += 9_000) {
        for (const [i, peer] of peers.entries()) peer.send(sent[i]!.subarray(from, from + 9_000))
      }
      await machine.untilTrue(() => peers.every((peer) => peer.receivedBytes() >= 80_000))
      for (const [i, peer] of peers.entries()) assert.ok(peer.received().equals(sent[i]!), `connection ${i}`)
    })

    it('gives a buffer back once per send, and not before its bytes are safe', async () => {
      await using machine = open()
      await using served = await serve(machine, quiet)
      const peer = machine.connect(served.listener)
      await machine.untilTrue(() => served.sides.length === 1)
      const { connection } = served.sides[0]!
      let returned = 0
      const count = 60
      for (let i = 0; i < count; i++) {
        const bytes = Buffer.alloc(100_010, i)
        connection.send(bytes, 10, 100_010, [], () => {
          bytes.fill(0xee)
          returned++
        })
      }
      await machine.untilTrue(() => peer.receivedBytes() === count * 100_000 && returned === count)
      for (let i = 0; i < count; i++) {
        assert.ok(
          peer
            .received()
            .subarray(i * 100_000, (i + 1) * 100_000)
            .equals(Buffer.alloc(100_000, i)),
        )
      }
    })

    it('counts what a slow peer leaves queued, and tells when it has drained', async () => {
      await using machine = open()
      await using served = await serve(machine, quiet)
      const peer = machine.connect(served.listener)
      await machine.untilTrue(() => served.sides.length === 1)
      const side = served.sides[0]!
      peer.pause()
      const bytes = Buffer.alloc(16 * 1024 * 1024, 7)
      let sent = false
      side.connection.send(bytes, 0, bytes.length, [], () => {
        sent = true
      })
      assert.ok(side.connection.queuedBytes > 0)
      assert.equal(sent, false)
      assert.equal(side.events.includes('drained'), false)
      peer.resume()
      await machine.untilTrue(() => side.events.includes('drained'))
      assert.equal(side.connection.queuedBytes, 0)
      assert.equal(sent, true)
      await machine.untilTrue(() => peer.receivedBytes() === bytes.length)
      assert.ok(peer.received().equals(bytes))
      side.connection.send(bytes, 0, 10, [], () => {})
      await machine.untilTrue(() => peer.receivedBytes() === bytes.length + 10)
      assert.deepEqual(side.events, ['drained'])
    })

    it('leaves bytes with the peer while it is paused', async () => {
      await using machine = open()
      await using served = await serve(machine, (connection, side) => {
        side.onData = () => connection.pause()
      })
      const peer = machine.connect(served.listener)
      const all = numbered(1_000_000, 3)
      peer.send(all)
      await machine.untilTrue(() => served.sides[0]?.bytes() !== undefined && served.sides[0]!.bytes() > 0)
      const side = served.sides[0]!
      const before = side.bytes()
      // A round trip on another connection: whatever would have come has come.
      const other = machine.connect(served.listener)
      other.send(Buffer.from('x'))
      await machine.untilTrue(() => served.sides[1]?.bytes() === 1)
      assert.equal(side.bytes(), before)
      side.onData = () => {}
      side.connection.resume()
      await machine.untilTrue(() => side.bytes() === all.length)
      assert.ok(Buffer.concat(side.received).equals(all))
    })

    it('answers a peer that has half-closed, and closes when both have', async () => {
      await using machine = open()
      await using served = await serve(machine, quiet)
      const peer = machine.connect(served.listener)
      peer.send(Buffer.from('question'))
      peer.finish()
      await machine.untilTrue(() => served.sides[0]?.events.includes('ended') === true)
      const side = served.sides[0]!
      assert.equal(Buffer.concat(side.received).toString(), 'question')
      side.connection.send(Buffer.from('answer'), 0, 6, [], () => {})
      side.connection.end()
      await machine.until(peer.ended)
      assert.equal(peer.received().toString(), 'answer')
      await machine.untilTrue(() => side.closed.length === 1)
      assert.deepEqual(side.closed, [null])
      assert.deepEqual(side.events, ['ended'])
      assert.equal(await machine.until(peer.closed), null)
    })

    it('sends all before it ends, and hears no more', async () => {
      await using machine = open()
      await using served = await serve(machine, quiet)
      const peer = machine.connect(served.listener)
      await machine.untilTrue(() => served.sides.length === 1)
      const side = served.sides[0]!
      const bytes = numbered(1_000_000, 1)
      let sent = 0
      side.connection.send(bytes, 0, bytes.length, [], () => sent++)
      side.connection.end()
      side.connection.send(Buffer.from('too late'), 0, 8, [], () => sent++)
      peer.send(Buffer.from('not heard'))
      await machine.until(peer.ended)
      assert.ok(peer.received().equals(bytes))
      peer.finish()
      await machine.untilTrue(() => side.closed.length === 1)
      assert.equal(side.closed[0], null)
      assert.equal(side.bytes(), 0)
      assert.equal(sent, 2)
    })

    it('does not wait for ever for a peer that does not end', async () => {
      await using machine = open()
      await using served = await serve(machine, (connection) => connection.end())
      machine.connect(served.listener)
      await machine.untilTrue(() => served.sides[0]?.closed.length === 1)
      assert.deepEqual(served.sides[0]!.closed, [null])
    })

    it('is gone at once when destroyed, told once, and gives its buffers back', async () => {
      await using machine = open()
      await using served = await serve(machine, quiet)
      const peer = machine.connect(served.listener)
      await machine.untilTrue(() => served.sides.length === 1)
      const side = served.sides[0]!
      peer.pause()
      const bytes = Buffer.alloc(16 * 1024 * 1024)
      let sent = 0
      side.connection.send(bytes, 0, bytes.length, [], () => sent++)
      side.connection.send(bytes, 0, bytes.length, [], () => sent++)
      side.connection.destroy()
      side.connection.destroy()
      side.connection.end()
      side.connection.send(bytes, 0, bytes.length, [], () => sent++)
      await machine.untilTrue(() => side.closed.length > 0 && sent === 3)
      side.connection.destroy()
      peer.resume()
      await machine.until(Promise.race([peer.ended, peer.closed]))
      assert.deepEqual(side.closed, [null])
      assert.deepEqual(side.events, [])
    })

    it('takes a reset as an ordinary end', async () => {
      await using machine = open()
      await using served = await serve(machine, quiet)
      const peer = machine.connect(served.listener)
      await machine.untilTrue(() => served.sides.length === 1)
      const side = served.sides[0]!
      peer.pause()
      // The peer leaves with bytes unread, which its kernel answers with a reset.
      const bytes = Buffer.alloc(1_000_000)
      side.connection.send(bytes, 0, bytes.length, [], () => peer.destroy())
      let sends = 0
      const again = () => {
        if (side.closed.length === 0 && sends++ < 10_000) side.connection.send(bytes, 0, 1_000, [], again)
      }
      side.connection.send(bytes, 0, 1_000, [], again)
      peer.resume()
      await machine.untilTrue(() => side.closed.length === 1)
      assert.match((side.closed[0] as NodeJS.ErrnoException).code!, /^(ECONNRESET|EPIPE)$/)
    })

    it('puts ranges of files between the bytes of a buffer', async () => {
      await using machine = open()
      await using served = await serve(machine, quiet)
      const { disk } = machine.host
      const contents = numbered(2_500_000, 9)
      const file = disk.open(`${machine.directory}/log`, 'create')
      file.write(contents, 0, contents.length, 0)
      const peer = machine.connect(served.listener)
      await machine.untilTrue(() => served.sides.length === 1)
      const { connection } = served.sides[0]!
      const own = Buffer.from('..headMIDtail')
      const insert = (at: number, position: number, length: number) => ({ at, range: { file, position, length } })
      let sent = 0
      const inserts = [insert(2, 5, 3), insert(6, 1, 9_000_000), insert(9, 7, 0), insert(13, 0, 4)]
      const whole = [insert(6, 1, 9_000_000)]
      connection.send(own, 2, 13, inserts, () => sent++)
      connection.send(own, 6, 9, [], () => sent++)
      connection.send(own, 2, 13, whole, () => sent++)
      const cut = (position: number, length: number) => contents.subarray(position, position + length)
      const first = [cut(5, 3), 'head', cut(1, 9_000_000), 'MID', 'tail', cut(0, 4)]
      const expected = Buffer.concat(
        [...first, 'MID', 'head', cut(1, 9_000_000), 'MIDtail'].map((part) => Buffer.from(part)),
      )
      await machine.untilTrue(() => peer.receivedBytes() >= expected.length && sent === 3)
      assert.ok(peer.received().equals(expected))
      file.close()
    })

    it('closes with an error when a file has become shorter than a range of it', async () => {
      await using machine = open()
      await using served = await serve(machine, quiet)
      const file = machine.host.disk.open(`${machine.directory}/log`, 'create')
      file.write(Buffer.alloc(1_000), 0, 1_000, 0)
      const peer = machine.connect(served.listener)
      await machine.untilTrue(() => served.sides.length === 1)
      const side = served.sides[0]!
      let sent = 0
      const inserts = [{ at: 4, range: { file, position: 500, length: 501 } }]
      side.connection.send(Buffer.from('head'), 0, 4, inserts, () => sent++)
      await machine.until(Promise.race([peer.closed, peer.ended]))
      await machine.untilTrue(() => side.closed.length === 1 && sent === 1)
      assert.match(side.closed[0]!.message, /log ends before 1001/)
      file.close()
    })
  })
}

/** The host's end of a connection, and what it was told. */
interface Side {
  readonly connection: Connection
  readonly received: Buffer[]
  readonly ranges: [start: number, end: number][]
  readonly events: ('ended' | 'drained')[]
  readonly closed: (Error | null)[]
  viewsWrong: number
  onData: (bytes: Buffer) => void
  bytes(): number
}

interface Served extends AsyncDisposable {
  readonly listener: Listener
  readonly sides: Side[]
}

async function serve(
  machine: Machine,
  begin: (connection: Connection, side: Side) => void,
  host = HOST,
): Promise<Served> {
  const sides: Side[] = []
  const accept = (connection: Connection) => {
    const side: Side = {
      connection,
      received: [],
      ranges: [],
      events: [],
      closed: [],
      viewsWrong: 0,
      onData: () => {},
      bytes: () => side.received.reduce((sum, { length }) => sum + length, 0),
    }
    const handlers: ConnectionHandlers = {
      data(buffer, view, start, end) {
        const bytes = Buffer.from(buffer.subarray(start, end))
        if (view.getUint8(end - 1) !== bytes.at(-1) || view.byteLength !== buffer.length) side.viewsWrong++
        side.received.push(bytes)
        side.ranges.push([start, end])
        side.onData(bytes)
      },
      ended: () => side.events.push('ended'),
      drained: () => side.events.push('drained'),
      closed: (error) => side.closed.push(error),
    }
    sides.push(side)
    connection.start(handlers)
    begin(connection, side)
  }
  const listener = await machine.until(machine.host.network.listen({ host, port: 0 }, accept))
  return {
    listener,
    sides,
    async [Symbol.asyncDispose]() {
      await listener.close()
      for (const { connection } of sides) connection.destroy()
    },
  }
}

function echo(connection: Connection, side: Side): void {
  side.onData = (bytes) => connection.send(bytes, 0, bytes.length, [], () => {})
}

function quiet(): void {}

/** Four bytes per number, so that no two places look alike. */
function numbered(count: number, series: number): Buffer {
  const bytes = Buffer.alloc(count * 4)
  for (let i = 0; i < count; i++) bytes.writeUInt32LE(series * 0x1000000 + i, i * 4)
  return bytes
}
