import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withGaps } from './with-gaps.ts'

test('where nobody looked for long there is a gap, and none where looks are merely uneven', () => {
  const values = [1, 2, 3, 4, 5, 6]
  assert.deepEqual(withGaps([0, 5, 10, 200, 205, 210], values), [1, 2, 3, null, 5, 6])
  assert.equal(withGaps([0, 5, 10, 35, 40, 45], values), values)
  assert.equal(withGaps([0, 5, 10, 15, 200], [1, 2, 3, 4, 5]).at(-1), 5)
  assert.equal(withGaps([0, 900], [1, 2])[1], 2)
  assert.deepEqual(withGaps([], []), [])
})
