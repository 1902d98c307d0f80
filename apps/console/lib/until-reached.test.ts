import assert from 'node:assert/strict'
import { test } from 'node:test'
import { untilReached } from './until-reached.ts'

const failed = (code: string) => Object.assign(new Error(code), { data: { code } })

test('a query that could not reach the cluster asks until it can; one that was refused does not', () => {
  const interval = (error: unknown) => untilReached({ state: { status: 'error', error } })
  assert.ok(Number(interval(failed('SERVICE_UNAVAILABLE'))) > 0)
  assert.ok(Number(interval(failed('TIMEOUT'))) > 0)
  assert.ok(Number(interval(new Error('fetch failed'))) > 0)
  assert.equal(interval(failed('BAD_REQUEST')), false)
  assert.equal(interval(failed('FORBIDDEN')), false)
  assert.equal(interval(failed('NOT_FOUND')), false)
  assert.equal(untilReached({ state: { status: 'success', error: null } }), false)
})
