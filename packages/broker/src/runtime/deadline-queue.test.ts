import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cancelDue, DeadlineQueue, type Due } from './deadline-queue.ts'

interface Named extends Due {
  readonly name: string
}

const NEVER = Number.POSITIVE_INFINITY

function named(name: string): Named {
  return { name, dueAt: NEVER, queuedAt: NEVER }
}

test('what is due comes out at its time, in order, once', () => {
  const queue = new DeadlineQueue<Named>()
  const [a, b, c] = [named('a'), named('b'), named('c')]
  queue.schedule(b, 20)
  queue.schedule(a, 10)
  queue.schedule(c, 30)
  assert.equal(queue.next(), 10)
  assert.equal(queue.pop(9), null)
  assert.equal(queue.pop(25), a)
  assert.equal(queue.pop(25), b)
  assert.equal(queue.pop(25), null)
  assert.equal(queue.pop(30), c)
  assert.equal(queue.pop(NEVER), null)
  assert.equal(queue.next(), NEVER)
})

test('a deadline that is moved back a thousand times is held once', () => {
  const queue = new DeadlineQueue<Named>()
  const session = named('session')
  for (let at = 0; at < 1_000; at++) queue.schedule(session, at)
  assert.equal(queue.size, 1)
  assert.equal(queue.pop(998), null)
  assert.equal(queue.next(), 999)
  assert.equal(queue.pop(999), session)
})

test('a deadline that is moved forward comes out at the new time and not again', () => {
  const queue = new DeadlineQueue<Named>()
  const item = named('item')
  queue.schedule(item, 100)
  queue.schedule(item, 50)
  assert.equal(queue.pop(50), item)
  assert.equal(queue.pop(200), null)
})

test('a cancelled deadline does not come out, unless it is set again', () => {
  const queue = new DeadlineQueue<Named>()
  const item = named('item')
  queue.schedule(item, 10)
  cancelDue(item)
  assert.equal(queue.pop(100), null)
  queue.schedule(item, 120)
  cancelDue(item)
  queue.schedule(item, 130)
  assert.equal(queue.pop(129), null)
  assert.equal(queue.pop(130), item)
})

test('it does what a plain list would do', () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('schedule' as const), item: fc.nat({ max: 7 }), at: fc.nat({ max: 50 }) }),
    fc.record({ do: fc.constant('cancel' as const), item: fc.nat({ max: 7 }), at: fc.constant(0) }),
    fc.record({ do: fc.constant('pass' as const), item: fc.constant(0), at: fc.nat({ max: 10 }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
      const queue = new DeadlineQueue<Named>()
      const items = Array.from({ length: 8 }, (_, index) => named(String(index)))
      const expected = new Map<Named, number>()
      let now = 0
      for (const { do: what, item: index, at } of steps) {
        const item = items[index]!
        if (what === 'schedule') {
          queue.schedule(item, now + at)
          expected.set(item, now + at)
        } else if (what === 'cancel') {
          cancelDue(item)
          expected.delete(item)
        } else {
          now += at
          const due = [...expected].filter(([, dueAt]) => dueAt <= now).map(([each]) => each.name)
          const popped: string[] = []
          for (let each = queue.pop(now); each !== null; each = queue.pop(now)) {
            popped.push(each.name)
            expected.delete(each)
          }
          assert.deepEqual(popped.sort(), due.sort())
          const next = Math.min(NEVER, ...expected.values())
          assert.ok(queue.next() <= next, 'never too late')
        }
      }
    }),
  )
})
