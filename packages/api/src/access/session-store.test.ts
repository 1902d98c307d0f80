import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SessionStore } from './session-store.ts'

const HOUR_MS = 3_600_000

test('a session lives while it is used, and ends idle, old, or closed', () => {
  let now = 0
  const store = new SessionStore(() => now)
  const token = store.open('ann', 'local')
  assert.equal(store.find(token)?.name, 'ann')
  assert.equal(store.find(`${token}x`), null)
  now += 11 * HOUR_MS
  assert.ok(store.find(token))
  now += 11 * HOUR_MS
  assert.ok(store.find(token), 'used in between')
  now += 13 * HOUR_MS
  assert.equal(store.find(token), null, 'idle for too long')
  const second = store.open('ann', 'local')
  for (let i = 0; i < 14; i++) {
    assert.ok(store.find(second))
    now += 12 * HOUR_MS
  }
  now += 1
  assert.equal(store.find(second), null, 'seven days are the end')
  const third = store.open('ann', 'local')
  store.close(third)
  assert.equal(store.find(third), null)
})
