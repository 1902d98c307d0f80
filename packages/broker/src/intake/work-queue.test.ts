import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Turn } from '../host/turn.ts'
import { WorkQueue } from './work-queue.ts'

/** A queue on a clock that stands still unless somebody takes time, and a turn that ends when the test says so. */
function scene() {
  let time = 1_000
  const ends: (() => void)[] = []
  const timers = { after: () => ({ cancel() {} }), endOfTurn: (run: () => void) => void ends.push(run) }
  const clock = { now: () => time, monotonic: () => time }
  const queue = new WorkQueue(clock, new Turn(timers))
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
  const turn = (othersMs: number) => {
    time += othersMs
    ends.shift()?.()
    return done.splice(0)
  }
  return { add, turn, ends }
}

test('a slice takes a tenth of a millisecond, then others have their turn', () => {
  const { add, turn, ends } = scene()
  add('a', 6, 1 / 32)
  assert.deepEqual(turn(0), ['a', 'a', 'a', 'a'])
  assert.deepEqual(turn(0), ['a', 'a'])
  assert.equal(ends.length, 0, 'nothing is left to do')
})

test('a step that takes longer is a slice by itself', () => {
  const { add, turn } = scene()
  add('a', 2, 30)
  assert.deepEqual(turn(0), ['a'])
  assert.deepEqual(turn(0), ['a'])
})

test('those who have work take steps in turn', () => {
  const { add, turn } = scene()
  add('a', 3, 1 / 64)
  add('b', 2, 1 / 64)
  assert.deepEqual(turn(0), ['a', 'b', 'a', 'b', 'a'])
})

test('where others take long it may take half of that, up to a millisecond', () => {
  const { add, turn } = scene()
  add('a', 1_000, 1 / 8)
  assert.equal(turn(0).length, 1)
  assert.equal(turn(1).length, 4)
  assert.equal(turn(100).length, 8)
  assert.equal(turn(0).length, 1)
})

test('time in which there was nothing to do is nobody’s', () => {
  const { add, turn } = scene()
  add('a', 1, 1 / 8)
  turn(0)
  turn(500)
  add('b', 100, 1 / 8)
  assert.equal(turn(0).length, 1)
})
