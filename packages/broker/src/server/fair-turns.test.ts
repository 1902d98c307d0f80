/** How connections share the turns of the loop: on a clock that goes on by what a request is said to cost. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ANSWER, ConnectionScene } from '../../test/connection-scene.ts'

/** `endTurn` returns how long it took. */
function scene(requestMs: number) {
  let now = 0
  const clock = { monotonic: () => now, now: () => 0 }
  const serve = () => {
    now += requestMs
    return ANSWER
  }
  const scenery = new ConnectionScene({ clock, serve })
  const endTurn = () => {
    const from = now
    scenery.endTurn()
    return now - from
  }
  return { scenery, sent: scenery.sent, endTurn, client: (name: string) => scenery.client(name) }
}

/** The numbers of so many requests. */
function many(count: number): number[] {
  return Array.from({ length: count }, (_, id) => id)
}

test('who asks for much gets a tenth of a millisecond a turn, and those who come then are answered first', () => {
  const { client, endTurn, sent } = scene(0.03)
  const flood = client('flood')
  const other = client('other')
  flood.ask(...many(10))
  other.ask(...many(1))
  endTurn()
  assert.deepEqual(sent.slice(0, 5), ['flood 0', 'flood 1', 'flood 2', 'flood 3', 'other 0'])
  assert.equal(sent.length, 5, 'the others of the flood wait for the next turn')
  flood.ask(...many(2))
  other.ask(...many(1))
  endTurn()
  assert.deepEqual(sent.slice(5), ['other 0', 'flood 4', 'flood 5', 'flood 6', 'flood 7'])
  endTurn()
  assert.equal(sent.filter((one) => one.startsWith('flood')).length, 12)
})

test('however many ask for much, a turn reads on a little in all, and each has its turn', () => {
  const { client, endTurn, sent } = scene(0.03)
  const floods = ['a', 'b', 'c', 'd', 'e'].map((name) => client(name))
  for (const flood of floods) flood.ask(...many(10))
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
  const { client, endTurn, sent } = scene(0.009)
  // Ten of one connection may be unanswered: after each ten it waits for its answers.
  const flood = client('flood')
  flood.ask(...many(200))
  assert.ok(endTurn() < 0.2, 'not all of the two hundred in one turn')
  assert.ok(sent.length < 30)
  for (let turns = 0; turns < 20; turns += 1) endTurn()
  assert.equal(sent.length, 200)
})

test('what its client sent before it ended its side is answered before the connection is closed', async () => {
  const { scenery, sent, client } = scene(0.03)
  const flood = client('flood')
  flood.ask(...many(30))
  flood.end()
  while (scenery.isTurnDue) {
    assert.equal(flood.isEnded, false)
    scenery.endTurn()
  }
  assert.equal(sent.length, 30)
  assert.equal(flood.isEnded, true)
})
