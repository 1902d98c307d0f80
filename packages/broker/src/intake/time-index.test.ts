import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { TimeIndex } from './time-index.ts'

function drain(index: TimeIndex, now: number): [number, number][] {
  const out: [number, number][] = []
  while (index.pop(now)) out.push([index.due, index.offset])
  return out
}

test('what is due comes out by its time, then by its offset', () => {
  const index = new TimeIndex()
  index.add(300_000, 7)
  index.add(200_000, 9)
  index.add(200_000, 8)
  index.add(0, 10)
  assert.equal(index.size, 4)
  assert.deepEqual(drain(index, 199_999), [[0, 10]])
  assert.deepEqual(drain(index, 200_000), [
    [200_000, 8],
    [200_000, 9],
  ])
  assert.ok(index.next() > 200_000 && index.next() <= 300_000)
  assert.deepEqual(drain(index, 300_000), [[300_000, 7]])
  assert.equal(index.next(), Number.POSITIVE_INFINITY)
})

test('what comes for a time that is over comes out next', () => {
  const index = new TimeIndex()
  index.add(1_000_000, 1)
  assert.deepEqual(drain(index, 2_000_000), [[1_000_000, 1]])
  index.add(500, 2)
  index.add(1_000_001, 3)
  assert.equal(index.next(), 500)
  assert.deepEqual(drain(index, 2_000_000), [
    [500, 2],
    [1_000_001, 3],
  ])
})

test('it does what a sorted list would do, whatever the order, and keeps nothing', () => {
  const step = fc.oneof(
    fc.record({
      add: fc.constant(true),
      by: fc.oneof(fc.nat({ max: 3_000 }), fc.nat({ max: 300_000 }), fc.nat({ max: 40 * 86_400_000 })),
      offset: fc.oneof(fc.nat({ max: 100 }), fc.integer({ min: 2 ** 40, max: 2 ** 40 + 100 })),
    }),
    fc.record({
      add: fc.constant(false),
      by: fc.oneof(fc.nat({ max: 5_000 }), fc.nat({ max: 500_000 })),
      offset: fc.constant(0),
    }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const index = new TimeIndex()
      const expected: [number, number][] = []
      let now = 1_700_000_000_000
      const check = () => {
        const due = expected.filter(([at]) => at <= now).sort((a, b) => a[0] - b[0] || a[1] - b[1])
        assert.deepEqual(drain(index, now), due)
        for (const entry of due) expected.splice(expected.indexOf(entry), 1)
        assert.equal(index.size, expected.length)
        assert.ok(index.next() <= Math.min(Number.POSITIVE_INFINITY, ...expected.map(([at]) => at)))
        for (const parity of [0, 1]) {
          const dues = expected.flatMap(([at, of]) => (of % 2 === parity ? at : []))
          assert.equal(
            index.first((_, of) => of % 2 === parity),
            Math.min(Number.POSITIVE_INFINITY, ...dues),
          )
        }
        const held = [...index.entries()].map(([due, offset]) => `${due}/${offset}`).sort()
        assert.deepEqual(held, expected.map(([due, offset]) => `${due}/${offset}`).sort())
      }
      for (const { add, by, offset } of steps) {
        if (add) {
          index.add(now + by - 1_000, offset)
          expected.push([now + by - 1_000, offset])
        } else {
          now += by
          check()
        }
      }
      now += 50 * 86_400_000
      check()
    }),
  )
})

test('very many that are due within a moment come out in their order, also with others coming in meanwhile', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      let state = seed
      const below = (limit: number) => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
        return (state >>> 8) % limit
      }
      const index = new TimeIndex()
      const start = 1_700_000_000_000
      const expected: [number, number][] = []
      const add = (due: number) => {
        const offset = below(1_000_000)
        index.add(due, offset)
        expected.push([due, offset])
      }
      for (let count = 0; count < 2_000; count++) add(start + below(3_000))
      const popped: [number, number][] = []
      for (let now = start; now < start + 3_000; now += 1 + below(20)) {
        for (let count = below(4); count > 0; count--) add(now + below(200))
        popped.push(...drain(index, now))
        if (below(16) > 0) continue
        const left = [...index.entries()].map(([due]) => due)
        assert.equal(
          index.first(() => true),
          Math.min(Number.POSITIVE_INFINITY, ...left),
        )
      }
      popped.push(...drain(index, start + 4_000))
      // Nothing came in for a time that was over.
      assert.deepEqual(
        popped,
        expected.sort((a, b) => a[0] - b[0] || a[1] - b[1]),
      )
    }),
    { numRuns: 20 },
  )
})
