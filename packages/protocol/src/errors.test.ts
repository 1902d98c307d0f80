import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorName, errors } from './errors.ts'

test('every code from -1 to 133 has one name', () => {
  const codes = Object.values(errors).map((row) => row.code)
  assert.deepEqual(
    codes.toSorted((a, b) => a - b),
    Array.from({ length: 135 }, (_, index) => index - 1),
  )
  for (const [name, row] of Object.entries(errors)) assert.equal(errorName(row.code), name)
})

test('a code from the future is an unknown server error', () => {
  assert.equal(errorName(134), 'UNKNOWN_SERVER_ERROR')
  assert.equal(errorName(-2), 'UNKNOWN_SERVER_ERROR')
})

test('clients try again what another moment or another broker can mend', () => {
  for (const name of ['NOT_LEADER_OR_FOLLOWER', 'NOT_ENOUGH_REPLICAS', 'COORDINATOR_LOAD_IN_PROGRESS'] as const) {
    assert.equal(errors[name].retriable, true, name)
  }
  for (const name of ['NONE', 'MESSAGE_TOO_LARGE', 'UNKNOWN_MEMBER_ID', 'PRODUCER_FENCED'] as const) {
    assert.equal(errors[name].retriable, false, name)
  }
})
