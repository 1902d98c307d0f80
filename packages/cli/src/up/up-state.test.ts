import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { socketPathIn } from './deployment.ts'
import { isRunning, readUpState } from './up-state.ts'

test('what the version before wrote down is read: it did not say where its store is', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-state-'))
  t.after(() => rmSync(directory, { recursive: true }))
  writeFileSync(join(directory, 'up.json'), JSON.stringify({ pid: 1, mode: 'single', startedAt: '', brokers: [] }))
  const state = readUpState(directory)!
  assert.equal(await isRunning(state), false)
  const store = createServer((socket) => socket.end()).listen(socketPathIn(directory))
  await once(store, 'listening')
  assert.equal(await isRunning(state), true)
  store.close()
  await once(store, 'close')
})

test('half a file tells nothing', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-state-'))
  t.after(() => rmSync(directory, { recursive: true }))
  for (const text of ['', '{"pid": 1', 'null']) {
    writeFileSync(join(directory, 'up.json'), text)
    assert.equal(readUpState(directory), null, text)
  }
})
