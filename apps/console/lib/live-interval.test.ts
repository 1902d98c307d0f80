import assert from 'node:assert/strict'
import { test } from 'node:test'
import { liveInterval } from './live-interval.ts'

test('a followed query asks when it was told nothing for a minute; one that is not, or has failed, as often as it says', () => {
  const state = (status: string) => ({ state: { status } })
  assert.equal(liveInterval({ status: 'pending' }, 5000)(state('success')), 60_000)
  assert.equal(liveInterval({ status: 'pending' }, 90_000)(state('success')), 90_000)
  assert.equal(liveInterval({ status: 'pending' }, 5000)(state('error')), 5000)
  assert.equal(liveInterval({ status: 'connecting' }, 5000)(state('success')), 5000)
})
