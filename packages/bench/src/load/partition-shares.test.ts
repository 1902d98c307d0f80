import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partitionShares } from './partition-shares.ts'

test('partitions are dealt out to connections, or connections to partitions', () => {
  assert.deepEqual(partitionShares(4, 2), [
    [0, 2],
    [1, 3],
  ])
  assert.deepEqual(partitionShares(2, 4), [[0], [1], [0], [1]])
  assert.deepEqual(partitionShares(3, 2), [[0, 2], [1]])
})
