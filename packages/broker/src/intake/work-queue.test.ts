import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turn } from '../host/turn.ts'
import { WorkQueue } from './work-queue.ts'

/** A queue on a clock that stands still unless somebody takes time; turns end and timers fire when the test says so. */
function scene() {
  let time = 1_000
  const ends: (() => void)[] = []
  const sleeps: (() => void)[] = []
  const timers = {
    after: (_: number, run: () => void) => {
      sleeps.push(run)
      return { cancel: () => void sleeps.splice(sleeps.indexOf(run), 1) }
    },
    endOfTurn: (run: () => void) => void ends.push(run),
  }
  const clock = { now: () => time, monotonic: () => time }
  const turn = new Turn(timers)
  const queue = new WorkQueue(clock, timers, turn)
  const done: string[] = []
  /** Work of so many steps that take so long. */
  const add = (name: string, steps: number, stepMs: number) => {
    let left = steps
    const step = () => {
      done.push(name)
      time += stepMs
      return --left > 0
    }
    queue.add({ step })
  }
  /** Ends the turn, of which others take `othersMs`, and tells what was done then. */
  const endTurn = (othersMs: number) => {
    time += othersMs
    ends.shift()?.()
    return done.splice(0)
  }
  /** Lets time pass in which the queue sleeps. */
  const wake = (afterMs: number) => {
    time += afterMs
    sleeps.shift()!()
  }
  return { add, endTurn, wake, turn, queue, ends, sleeps }
}

test('a slice takes a tenth of a millisecond, then others have their turn', () => {
  const { add, endTurn, ends } = scene()
  add('a', 6, 1 / 32)
  assert.deepEqual(endTurn(0), ['a', 'a', 'a', 'a'])
  assert.deepEqual(endTurn(0), ['a', 'a'])
  assert.equal(ends.length, 0, 'nothing is left to do')
})

test('those who have work take steps in turn', () => {
  const { add, endTurn } = scene()
  add('a', 3, 1 / 64)
  add('b', 2, 1 / 64)
  assert.deepEqual(endTurn(0), ['a', 'b', 'a', 'b', 'a'])
})

test('a step may add work, its own too', () => {
  const { add, endTurn, ends, queue } = scene()
  const done: string[] = []
  const again = {
    step: () => {
      done.push('again')
      return false
    },
  }
  queue.add({
    step: () => {
      add('added', 1, 1 / 64)
      queue.add(again)
      return false
    },
  })
  assert.deepEqual(endTurn(0), ['added'])
  assert.deepEqual([done, ends.length], [['again'], 0])
  add('a', 1, 1 / 8)
  assert.deepEqual(endTurn(0), ['a'])
  assert.equal(ends.length, 0)
})

test('where others take long it may take half of that, up to a millisecond', () => {
  const { add, endTurn } = scene()
  add('a', 1_000, 1 / 8)
  assert.equal(endTurn(0).length, 1)
  assert.equal(endTurn(1).length, 4)
  assert.equal(endTurn(100).length, 8)
  assert.equal(endTurn(0).length, 1)
})

test('where nobody else has anything to do it sleeps in between, and may do most of the time what it likes', () => {
  const { add, endTurn, wake, ends, sleeps } = scene()
  add('a', 1_000, 1 / 8)
  let steps = 0
  while (ends.length > 0) steps += endTurn(0).length
  assert.equal(steps, 16, 'two milliseconds are free')
  assert.equal(sleeps.length, 1)
  wake(1)
  steps = 0
  while (ends.length > 0) steps += endTurn(0).length
  assert.equal(steps, 16, 'twice as long as it slept')
})

test('where others come that are not answered it takes half as long as it does nothing', () => {
  const { add, endTurn, turn, ends } = scene()
  add('a', 1_000, 1 / 8)
  while (ends.length > 0) endTurn(0)
  let steps = 0
  for (let request = 0; request < 64; request++) {
    turn.defer('answer', { endTurn() {} })
    steps += endTurn(1 / 4).length
    while (ends.length > 0) steps += endTurn(0).length
  }
  assert.ok(steps >= 60 && steps <= 68, `${steps} eighths of a millisecond in sixteen milliseconds`)
})

test('beside others who are answered it takes three twentieths as long as it does nothing', () => {
  const { add, endTurn, turn, ends, queue } = scene()
  add('a', 1_000, 1 / 64)
  while (ends.length > 0) endTurn(0)
  assert.equal(queue.isBeside, false)
  let steps = 0
  for (let request = 0; request < 64; request++) {
    turn.defer('send', { endTurn() {} })
    steps += endTurn(1 / 4).length
    while (ends.length > 0) steps += endTurn(0).length
  }
  assert.equal(queue.isBeside, true)
  assert.ok(steps >= 145 && steps <= 165, `${steps} sixty-fourths of a millisecond in sixteen milliseconds`)
})

test('slices are short for a while after somebody was answered', () => {
  const { add, endTurn, turn, ends, wake } = scene()
  add('a', 1_000, 1 / 64)
  assert.equal(endTurn(0).length, 7, 'a tenth of a millisecond')
  turn.defer('send', { endTurn() {} })
  assert.equal(endTurn(0).length, 2)
  assert.equal(endTurn(0).length, 2)
  while (ends.length > 0) endTurn(0)
  wake(6)
  assert.equal(endTurn(0).length, 7)
})

test('while it sleeps, whoever else has a turn lets it go on', () => {
  const { add, endTurn, turn, ends, sleeps } = scene()
  add('a', 1_000, 3)
  endTurn(0)
  assert.deepEqual([ends.length, sleeps.length], [0, 1])
  turn.defer('send', { endTurn() {} })
  assert.deepEqual(endTurn(0.25), ['a'])
  assert.equal(sleeps.length, 1, 'and sleeps again')
})

test('what it is given in its sleep waits with the rest', () => {
  const { add, endTurn, wake, ends } = scene()
  add('a', 2, 3)
  endTurn(0)
  add('b', 1, 1 / 8)
  assert.equal(ends.length, 0)
  wake(5)
  assert.deepEqual(endTurn(0), ['a'])
  wake(5)
  assert.deepEqual(endTurn(0), ['b'])
})
