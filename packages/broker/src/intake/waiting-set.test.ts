import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { WaitingSet } from './waiting-set.ts'

test('it does what a set of numbers would do', () => {
  const offset = fc.oneof(fc.nat({ max: 40 }), fc.integer({ min: 65_500, max: 65_600 }), fc.nat({ max: 1_000_000 }))
  const step = fc.record({ add: fc.boolean(), offset })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), offset, offset, (steps, a, b) => {
      const set = new WaitingSet()
      const expected = new Set<number>()
      for (const { add, offset } of steps) {
        if (add) {
          assert.equal(set.add(offset), !expected.has(offset))
          expected.add(offset)
        } else assert.equal(set.delete(offset), expected.delete(offset))
        assert.equal(set.has(offset), add)
      }
      assert.equal(set.size, expected.size)
      const [from, to] = [Math.min(a, b), Math.max(a, b)]
      const sorted = [...expected].sort((x, y) => x - y)
      const within = sorted.filter((each) => each >= from && each < to)
      assert.deepEqual([...set.between(from, to)], within)
      assert.equal(set.countBetween(from, to), within.length)
      assert.equal(set.firstFrom(from), sorted.find((each) => each >= from) ?? Number.POSITIVE_INFINITY)
    }),
  )
})
