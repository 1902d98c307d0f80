/** Work in slices that goes wrong on its way: on a clock that every look at moves on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ANSWER, ConnectionScene } from '../../test/connection-scene.ts'
import type { Exchange } from './exchange.ts'
import { answerInSlices, doInSlices, type SlicedWork } from './in-slices.ts'

const KEPT_BYTES = 1000
const PIECES = 100
/** The client whose work goes wrong is known by its name. */
const FAILING = 'failing'

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

/** Goes on by a quarter of a millisecond whenever somebody looks at it. */
function slowClock() {
  let now = 0
  const monotonic = () => {
    now += 0.25
    return now
  }
  return { now: () => 0, monotonic }
}

/** `failsAt`: the piece at which the work of one client fails. `isRead`: whether all of it changes nothing. */
function scene(failsAt: number, isRead = false) {
  const done: string[] = []
  const serve = (exchange: Exchange) => {
    doInSlices(exchange, work(exchange, exchange.connection.remoteAddress === FAILING ? failsAt : -1, done, isRead))
    return undefined
  }
  return Object.assign(new ConnectionScene({ clock: slowClock(), serve }), { done })
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

test('where half of the memory is used, answers grow one after the other, and who leaves lets the next one grow', () => {
  const bytesMax = 60_000
  const bytesOfOne = 500
  const scenery = new ConnectionScene({
    clock: slowClock(),
    memoryBytesMax: bytesMax,
    serve: (exchange) => {
      const answerOf = (results: number[]) => {
        assert.equal(results.length, PIECES)
        return ANSWER
      }
      const pieces = Array.from({ length: PIECES }, (_, at) => at)
      return answerInSlices(
        exchange,
        pieces,
        (piece) => piece,
        () => bytesOfOne,
        answerOf,
      )
    },
  })
  const names = ['first', 'second', 'third', 'fourth']
  const clients = names.map((name) => scenery.client(name))
  for (const client of clients) client.ask(1)
  let most = 0
  const endTurns = (isEnough: () => boolean) => {
    while (scenery.isTurnDue && !isEnough()) {
      scenery.endTurn()
      most = Math.max(most, scenery.memory.usedBytes)
    }
  }
  endTurns(() => scenery.memory.waiting === 3)
  assert.equal(scenery.memory.waiting, 3)
  clients[1]!.leave()
  assert.equal(scenery.memory.waiting, 2)
  clients[0]!.leave()
  endTurns(() => false)
  assert.deepEqual(scenery.sent, ['third 1', 'fourth 1'])
  assert.ok(most > bytesMax / 2)
  assert.ok(most <= bytesMax + PIECES * bytesOfOne, `${most} bytes: no more than one is beyond the bound`)
  assert.deepEqual([scenery.memory.madeBytes, scenery.memory.backlogBytes, scenery.memory.waiting], [0, 0, 0])
})
