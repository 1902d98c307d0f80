import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoginLimiter } from './login-limiter.ts'

const ann = { text: 'name ann', freeFailures: 5 }
const bob = { text: 'name bob', freeFailures: 5 }

test('after some failures a name has to wait, twice as long each time, and a success forgives', () => {
  let now = 0
  const limiter = new LoginLimiter(() => now)
  const waits: number[] = []
  for (let i = 0; i < 8; i++) {
    limiter.begin([ann])
    waits.push(limiter.waitMs([ann]))
  }
  assert.deepEqual(waits, [0, 0, 0, 0, 1000, 2000, 4000, 8000])
  assert.equal(limiter.waitMs([bob]), 0)
  now += 7999
  assert.equal(limiter.waitMs([bob, ann]), 1)
  now += 1
  assert.equal(limiter.waitMs([ann]), 0)
  limiter.succeed([ann])
  limiter.begin([ann])
  assert.equal(limiter.waitMs([ann]), 0)
})

test('the wait has an upper bound, and failures of long ago are forgiven', () => {
  let now = 0
  const limiter = new LoginLimiter(() => now)
  for (let i = 0; i < 60; i++) limiter.begin([ann])
  assert.equal(limiter.waitMs([ann]), 900_000)
  now += 4 * 900_000
  limiter.begin([ann])
  assert.equal(limiter.waitMs([ann]), 0)
})
