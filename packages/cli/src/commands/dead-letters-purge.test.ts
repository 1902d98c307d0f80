import assert from 'node:assert/strict'
import { test } from 'node:test'
import { purgedLetters } from './dead-letters-purge.ts'

test('letters of a partition that failed were not purged', () => {
  const row = { start: 0, end: 9, before: 9, unresolved: 0, left: 0 }
  const rows = [
    { partition: 0, letters: 4, ...row },
    { partition: 1, letters: 5, ...row },
  ]
  const results = [
    { partition: 0, start: 9, error: null },
    { partition: 1, start: null, error: 'NOT_LEADER_OR_FOLLOWER' },
  ]
  assert.equal(purgedLetters({ rows }, results), 4)
})
