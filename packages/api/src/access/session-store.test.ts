import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { SessionStore } from './session-store.ts'

const HOUR_MS = 3_600_000

const folder = mkdtempSync(join(tmpdir(), 'odradek-sessions-'))
after(() => rmSync(folder, { recursive: true }))

test('a session lives while it is used, and ends idle, old, or closed', () => {
  let now = 0
  const store = new SessionStore(null, () => now)
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

test('a file keeps sessions over a restart, without their tokens, for its owner alone; consoles share it', () => {
  const path = join(folder, 'sub', 'users.sessions.json')
  let now = 0
  const first = new SessionStore(path, () => now)
  const token = first.open('ann', 'oidc', { '*': { role: 'viewer', payloads: true } })
  const again = new SessionStore(path, () => now)
  assert.deepEqual(again.find(token)?.grants, { '*': { role: 'viewer', payloads: true } })
  assert.equal(statSync(path).mode & 0o777, 0o600)
  const other = again.open('bob', 'local', {}, 'seal')
  assert.equal(first.find(other)?.seal, 'seal', 'signed in at the other')
  now += 11 * HOUR_MS
  assert.ok(first.find(other))
  now += 11 * HOUR_MS
  assert.equal(again.find(other)?.name, 'bob', 'used at the other in between')
  assert.equal(again.find(token), null, 'idle for too long')
  first.close(other)
  assert.equal(again.find(other), null, 'signed out at the other')
  assert.equal(new SessionStore(path, () => now).find(other), null)
  writeFileSync(path, '{"sessions":')
  const damaged = new SessionStore(path, () => now)
  assert.ok(damaged.find(damaged.open('cyd', 'local')), 'a damaged file is begun anew')
})
