import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { inTime } from './in-time.ts'

test('what comes in time is told; what fails or comes late is null, and the late one is ended', async () => {
  assert.equal(await inTime(async () => 'rows', 60_000), 'rows')
  assert.equal(await inTime(() => Promise.reject(new Error('away')), 60_000), null)
  const ended = Promise.withResolvers<string>()
  const found = await inTime(async (signal) => {
    await once(signal, 'abort')
    ended.resolve('ended')
    return 'late'
  }, 1)
  assert.equal(found, null)
  assert.equal(await ended.promise, 'ended')
})
