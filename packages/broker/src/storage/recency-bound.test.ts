import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Holder, RecencyBound } from './recency-bound.ts'

/** Holds `weight` until it is let go of. */
class TestHolder implements Holder {
  readonly weight: number
  pinned = false
  released = 0

  constructor(weight: number) {
    this.weight = weight
  }

  release(): void {
    this.released += 1
  }
}

test('past the bound those that were used least recently let go, until what is left fits', () => {
  const bound = new RecencyBound(10)
  const [a, b, c, d] = [4, 3, 3, 5].map((weight) => new TestHolder(weight)) as [
    TestHolder,
    TestHolder,
    TestHolder,
    TestHolder,
  ]
  for (const holder of [a, b, c]) bound.use(holder)
  assert.deepEqual(
    [a, b, c].map(({ released }) => released),
    [0, 0, 0],
    'they fit',
  )
  bound.use(a)
  bound.use(d)
  assert.deepEqual(
    [a, b, c, d].map(({ released }) => released),
    [0, 1, 1, 0],
  )
  assert.equal(bound.size, 2)
})

test('what is pinned stays and counts; what let go by itself counts no more', () => {
  const bound = new RecencyBound(10)
  const [pinned, a, b, c] = [8, 2, 2, 8].map((weight) => new TestHolder(weight)) as [
    TestHolder,
    TestHolder,
    TestHolder,
    TestHolder,
  ]
  pinned.pinned = true
  for (const holder of [pinned, a, b]) bound.use(holder)
  assert.deepEqual(
    [pinned, a, b].map(({ released }) => released),
    [0, 1, 0],
  )
  bound.drop(pinned)
  bound.use(c)
  assert.deepEqual(
    [b, c].map(({ released }) => released),
    [0, 0],
  )
  bound.releaseAll()
  assert.deepEqual(
    [b, c].map(({ released }) => released),
    [1, 1],
  )
  assert.equal(bound.size, 0)
})
