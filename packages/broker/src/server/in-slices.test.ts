/** Work in slices that goes wrong on its way: a real turn and real connections, on a clock that every look at moves on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiVersions, Writer, writeRequestHeader } from '@odradek/protocol'
import type { Connection, ConnectionHandlers } from '../host/network.ts'
import { Turn } from '../host/turn.ts'
import type { BrokerContext } from './broker-context.ts'
import type { Exchange, Handler } from './exchange.ts'
import { doInSlices, type SlicedWork } from './in-slices.ts'
import { LateReads } from './late-reads.ts'
import { RequestMemory } from './request-memory.ts'
import { RequestMetrics } from './request-metrics.ts'
import { ServerConnection } from './server-connection.ts'

const ANSWER = { errorCode: 0, apiKeys: [], throttleTimeMs: 0 }
const KEPT_BYTES = 1000
const PIECES = 100
/** The client whose work goes wrong is known by its name. */
const FAILING = 'failing'

function request(correlationId: number): Buffer {
  const output = new Writer(64)
  output.int32(0)
  writeRequestHeader(output, { apiKey: ApiVersions.key, apiVersion: 0, correlationId, clientId: null }, false)
  ApiVersions.request.encode(output, {} as never, 0)
  output.patchInt32(0, output.length - 4)
  return Buffer.from(output.buffer.subarray(0, output.length))
}

/** A hundred pieces, of which that at `failsAt` throws, as finishing does where it is none of them. */
function work(exchange: Exchange, failsAt: number, done: string[], isRead: boolean): SlicedWork {
  let at = 0
  return {
    isRead,
    step() {
      if (at === failsAt) throw new Error('a piece that cannot be done')
      at++
      return at < PIECES
    },
    setAside: () => KEPT_BYTES,
    finish() {
      if (failsAt === PIECES) throw new Error('nor can this be finished')
      done.push(exchange.connection.remoteAddress)
      exchange.onAbandoned = () => done.push(`${exchange.connection.remoteAddress} given up`)
      exchange.answer(ANSWER)
    },
  }
}

/** `failsAt`: the piece at which the work of one client fails. `isRead`: whether all of it changes nothing. */
function scene(failsAt: number, isRead = false) {
  let now = 0
  const ends: (() => void)[] = []
  const clock = {
    now: () => 0,
    monotonic() {
      now += 0.25
      return now
    },
  }
  const timers = { after: () => ({ cancel() {} }), endOfTurn: (run: () => void) => void ends.push(run) }
  const turn = new Turn(timers)
  const done: string[] = []
  const handler = {
    serve(_reader: unknown, exchange: Exchange) {
      doInSlices(exchange, work(exchange, exchange.connection.remoteAddress === FAILING ? failsAt : -1, done, isRead))
      return undefined
    },
  } as unknown as Handler
  const lines: string[] = []
  const requestMemory = new RequestMemory(turn, () => 1e9)
  const broker = {
    host: { clock, timers },
    turn,
    lateReads: new LateReads(clock, turn),
    requestMemory,
    requestMetrics: new RequestMetrics(),
    handlers: new Map([[ApiVersions.key, handler]]),
    logger: { error: ({ err }: { err: Error }) => lines.push(`error: ${err.message}`), debug() {} },
    logLimiter: { warn: (_kind: string, _about: unknown, text: string) => lines.push(text) },
    config: {
      'socket.request.max.bytes': 1e6,
      'request.elements.max': 1000,
      'connection.requests.max': 10,
      'connection.queued.max.bytes': 1e6,
      'request.log': false,
    },
  } as unknown as BrokerContext
  const sent: string[] = []
  const client = (name: string) => {
    let handlers: ConnectionHandlers | null = null
    let isDestroyed = false
    const socket: Connection = {
      remoteAddress: name,
      remotePort: 1,
      queuedBytes: 0,
      start: (given) => {
        handlers = given
      },
      send(buffer, start, end, _inserts, taken) {
        for (let at = start; at < end; at += 4 + buffer.readInt32BE(at))
          sent.push(`${name} ${buffer.readInt32BE(at + 4)}`)
        queueMicrotask(taken)
      },
      pause() {},
      resume() {},
      end() {},
      destroy() {
        isDestroyed = true
        handlers!.closed(null)
      },
    }
    new ServerConnection(socket, broker, 'PLAINTEXT', true, () => {})
    return {
      ask(...ids: number[]) {
        const bytes = Buffer.concat(ids.map(request))
        handlers!.data(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length)
      },
      leave: () => handlers!.closed(null),
      get isDestroyed() {
        return isDestroyed
      },
    }
  }
  return {
    client,
    sent,
    done,
    lines,
    memory: requestMemory,
    endTurn() {
      for (const end of ends.splice(0)) end()
    },
    /** Ends turns as long as there is one to end. */
    settle() {
      for (let turns = 0; ends.length > 0; turns++) {
        assert.ok(turns < 1000, 'the turns come to an end')
        this.endTurn()
      }
    },
  }
}

for (const { what, failsAt } of [
  { what: 'a later piece', failsAt: PIECES - 1 },
  { what: 'what is left when all pieces are done', failsAt: PIECES },
]) {
  test(`where ${what} fails, its memory comes back, that connection ends with a line, and others are served on`, () => {
    const scenery = scene(failsAt)
    const { sent, done, lines, memory } = scenery
    const failing = scenery.client(FAILING)
    const other = scenery.client('other')
    failing.ask(1, 2)
    other.ask(3)
    assert.ok(memory.backlogBytes >= 2 * KEPT_BYTES, 'both are set aside, to be served in slices')
    scenery.endTurn()
    assert.deepEqual(sent, [])
    scenery.settle()
    assert.deepEqual([failing.isDestroyed, other.isDestroyed], [true, false])
    assert.deepEqual(sent, ['other 3'], 'neither the request that failed nor the one behind it is answered')
    assert.equal(lines.length, 2)
    assert.match(lines[0]!, /^error: (a piece that cannot be done|nor can this be finished)$/)
    assert.match(lines[1]!, /^Closed a connection: (a piece that cannot be done|nor can this be finished)$/)
    assert.equal(memory.backlogBytes, 0)
    other.ask(4)
    scenery.settle()
    assert.deepEqual(
      [sent, done],
      [
        ['other 3', 'other 4'],
        ['other', 'other'],
      ],
    )
    assert.equal(memory.backlogBytes, 0)
  })
}

test('where its first piece fails, the connection ends before anything was set aside', () => {
  const scenery = scene(0)
  const failing = scenery.client(FAILING)
  failing.ask(1)
  assert.equal(failing.isDestroyed, true)
  assert.equal(scenery.memory.backlogBytes, 0)
  assert.deepEqual(scenery.lines, ['error: a piece that cannot be done'])
  scenery.settle()
  assert.deepEqual(scenery.sent, [])
})

test('what was begun is done though its client left meanwhile, nothing waits for that, and the memory comes back', () => {
  const scenery = scene(-1)
  const client = scenery.client('leaving')
  client.ask(1)
  scenery.endTurn()
  assert.equal(scenery.memory.backlogBytes, KEPT_BYTES)
  client.leave()
  scenery.settle()
  assert.deepEqual([scenery.done, scenery.sent, scenery.lines], [['leaving', 'leaving given up'], [], []])
  assert.equal(scenery.memory.backlogBytes, 0)
})

test('what changes nothing is given up where its client left meanwhile, and the memory comes back', () => {
  const scenery = scene(-1, true)
  const leaving = scenery.client('leaving')
  const staying = scenery.client('staying')
  leaving.ask(1)
  staying.ask(2)
  scenery.endTurn()
  leaving.leave()
  scenery.settle()
  assert.deepEqual([scenery.done, scenery.sent, scenery.lines], [['staying'], ['staying 2'], []])
  assert.equal(scenery.memory.backlogBytes, 0)
})
