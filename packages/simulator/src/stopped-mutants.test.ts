import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const directory = mkdtempSync(join(tmpdir(), 'odradek-stopped-mutants-'))
after(() => rmSync(directory, { recursive: true, force: true }))

/** A mutant that no seed notices soon. */
const MUTANT = 'deleted-logs-keep-their-name'

test('mutants that are stopped leave no process and no copy of the tree', { timeout: 120_000 }, async () => {
  const args = [join(import.meta.dirname, 'main.ts'), 'mutants', MUTANT, '--count', '1000000']
  const child = spawn(process.execPath, args, {
    env: { ...process.env, TMPDIR: directory },
    stdio: ['ignore', 'ignore', 'pipe'],
    // A process group of its own: what it started is in it.
    detached: true,
  })
  const group = -child.pid!
  const ended = once(child, 'exit')
  let told = ''
  try {
    for await (const chunk of child.stderr) {
      told += chunk
      if (told.includes('seeds of storage')) break
    }
    assert.match(told, /deleted-logs-keep-their-name: up to 1000000 seeds of storage/)
    assert.equal(readdirSync(directory).length, 1, 'the copy that the seeds run in')
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [null, 'SIGTERM'])
    assert.deepEqual(readdirSync(directory), [])
    assert.throws(() => process.kill(group, 0), { code: 'ESRCH' }, 'nothing of its group runs any more')
  } finally {
    try {
      process.kill(group, 'SIGKILL')
    } catch {
      // As it should be: there is none.
    }
  }
})
