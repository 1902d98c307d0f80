import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoginLimiter } from './login-limiter.ts'

test('after some failures a name has to wait, twice as long each time, and a success forgives', () => {
  let now = 0
  const limiter = new LoginLimiter(() => now)
  const waits: number[] = []
  for (let i = 0; i < 8; i++) {
    limiter.begin(['name ann'])
    waits.push(limiter.waitMs(['name ann']))
  }
  assert.deepEqual(waits, [0, 0, 0, 0, 1000, 2000, 4000, 8000])
  assert.equal(limiter.waitMs(['name bob']), 0)
  now += 7999
  assert.equal(limiter.waitMs(['name bob', 'name ann']), 1)
  now += 1
  assert.equal(limiter.waitMs(['name ann']), 0)
  limiter.succeed(['name ann'])
  limiter.begin(['name ann'])
  assert.equal(limiter.waitMs(['name ann']), 0)
})

test('the wait has an upper bound, and failures of long ago are forgiven', () => {
  let now = 0
  const limiter = new LoginLimiter(() => now)
  for (let i = 0; i < 60; i++) limiter.begin(['a'])
  assert.equal(limiter.waitMs(['a']), 900_000)
  now += 4 * 900_000
  limiter.begin(['a'])
  assert.equal(limiter.waitMs(['a']), 0)
})
