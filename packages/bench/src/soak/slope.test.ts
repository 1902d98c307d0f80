import assert from 'node:assert/strict'
import { test } from 'node:test'
import { median, slope } from './slope.ts'

test('the median of odd and even numbers of values', () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 2, 3]), 2.5)
})

test('the slope of a line, which one value far off does not bend', () => {
  assert.equal(slope([10, 12, 14, 16]), 2)
  assert.equal(slope([10, 12, 1000, 16, 18, 20]), 2)
  assert.equal(slope([7, 7, 7]), 0)
  assert.equal(slope([7]), 0)
})
