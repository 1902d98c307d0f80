import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { it } from 'node:test'
import { pause } from './bounded.ts'

it('leaves nothing with the signal that could have ended a pause', async () => {
  const { signal } = new AbortController()
  for (let times = 0; times < 3; times++) await pause(1, signal)
  assert.equal(getEventListeners(signal, 'abort').length, 0)
})

it('ends a pause by its signal, also by one that came before', async () => {
  const ending = new AbortController()
  const day = pause(86_400_000, ending.signal)
  ending.abort()
  await day
  await pause(86_400_000, ending.signal)
})
