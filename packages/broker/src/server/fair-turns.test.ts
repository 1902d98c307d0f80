/** How connections share the turns of the loop: a real turn, on a clock that goes on by what a request is said to cost. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiVersions, Writer, writeRequestHeader } from '@odradek/protocol'
import type { Connection, ConnectionHandlers } from '../host/network.ts'
import { Turn } from '../host/turn.ts'
import type { BrokerContext } from './broker-context.ts'
import type { Handler } from './exchange.ts'
import { LateReads } from './late-reads.ts'
import { RequestMemory } from './request-memory.ts'
import { RequestMetrics } from './request-metrics.ts'
import { ServerConnection } from './server-connection.ts'

const ANSWER = { errorCode: 0, apiKeys: [], throttleTimeMs: 0 }

function request(correlationId: number): Buffer {
  const output = new Writer(64)
  output.int32(0)
  writeRequestHeader(output, { apiKey: ApiVersions.key, apiVersion: 0, correlationId, clientId: null }, false)
  ApiVersions.request.encode(output, {} as never, 0)
  output.patchInt32(0, output.length - 4)
  return Buffer.from(output.buffer.subarray(0, output.length))
}

function scene(requestMs: number) {
  let now = 0
  const ends: (() => void)[] = []
  const clock = { monotonic: () => now, now: () => 0 }
  const timers = { after: () => ({ cancel() {} }), endOfTurn: (run: () => void) => void ends.push(run) }
  const turn = new Turn(timers)
  const handler = {
    serve() {
      now += requestMs
      return ANSWER
    },
  } as unknown as Handler
  const broker = {
    host: { clock, timers },
    turn,
    lateReads: new LateReads(clock, turn),
    requestMemory: new RequestMemory(turn, () => 1e9),
    requestMetrics: new RequestMetrics(),
    handlers: new Map([[ApiVersions.key, handler]]),
    config: {
      'socket.request.max.bytes': 1e6,
      'request.elements.max': 1000,
      'connection.requests.max': 10,
      'connection.queued.max.bytes': 1e6,
      'request.log': false,
    },
  } as unknown as BrokerContext
  const client = (name: string, sent: string[]) => {
    let handlers: ConnectionHandlers | null = null
    let isEnded = false
    const socket: Connection = {
      remoteAddress: name,
      remotePort: 1,
      queuedBytes: 0,
      start: (given) => {
        handlers = given
      },
      send(buffer, start, end, _inserts, done) {
        for (let at = start; at < end; at += 4 + buffer.readInt32BE(at))
          sent.push(`${name} ${buffer.readInt32BE(at + 4)}`)
        queueMicrotask(done)
      },
      pause() {},
      resume() {},
      end() {
        isEnded = true
      },
      destroy() {},
    }
    const connection = new ServerConnection(socket, broker, 'PLAINTEXT', true, () => {})
    return {
      connection,
      ask(count: number) {
        const bytes = Buffer.concat(Array.from({ length: count }, (_, id) => request(id)))
        handlers!.data(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length)
      },
      end: () => handlers!.ended(),
      get isEnded() {
        return isEnded
      },
    }
  }
  return {
    client,
    /** Ends the turn, if anybody waits for that; returns how long it took. */
    endTurn() {
      const from = now
      for (const end of ends.splice(0)) end()
      return now - from
    },
    get isTurnDue() {
      return ends.length > 0
    },
  }
}

test('who asks for much gets a tenth of a millisecond a turn, and those who come then are answered first', () => {
  const { client, endTurn } = scene(0.03)
  const sent: string[] = []
  const flood = client('flood', sent)
  const other = client('other', sent)
  flood.ask(10)
  other.ask(1)
  endTurn()
  assert.deepEqual(sent.slice(0, 5), ['flood 0', 'flood 1', 'flood 2', 'flood 3', 'other 0'])
  assert.equal(sent.length, 5, 'the others of the flood wait for the next turn')
  flood.ask(2)
  other.ask(1)
  endTurn()
  assert.deepEqual(sent.slice(5), ['other 0', 'flood 4', 'flood 5', 'flood 6', 'flood 7'])
  endTurn()
  assert.equal(sent.filter((one) => one.startsWith('flood')).length, 12)
})

test('however many ask for much, a turn reads on a little in all, and each has its turn', () => {
  const { client, endTurn } = scene(0.03)
  const sent: string[] = []
  const floods = ['a', 'b', 'c', 'd', 'e'].map((name) => client(name, sent))
  for (const flood of floods) flood.ask(10)
  endTurn()
  const order: string[] = []
  for (let turns = 0; turns < 5; turns += 1) {
    sent.length = 0
    assert.ok(endTurn() < 0.13, 'of five, one at a time')
    order.push(sent[0]![0]!)
  }
  assert.deepEqual(order.toSorted(), ['a', 'b', 'c', 'd', 'e'])
})

test('what is set aside for want of answers is no share of its own each time that answers leave', () => {
  const { client, endTurn } = scene(0.009)
  const sent: string[] = []
  // Ten of one connection may be unanswered: after each ten it waits for its answers.
  const flood = client('flood', sent)
  flood.ask(200)
  assert.ok(endTurn() < 0.2, 'not all of the two hundred in one turn')
  assert.ok(sent.length < 30)
  for (let turns = 0; turns < 20; turns += 1) endTurn()
  assert.equal(sent.length, 200)
})

test('what its client sent before it ended its side is answered before the connection is closed', async () => {
  const scenery = scene(0.03)
  const sent: string[] = []
  const flood = scenery.client('flood', sent)
  flood.ask(30)
  flood.end()
  while (scenery.isTurnDue) {
    assert.equal(flood.isEnded, false)
    scenery.endTurn()
  }
  assert.equal(sent.length, 30)
  assert.equal(flood.isEnded, true)
})
