import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { native } from '@odradek/native'
import { nodeBench } from '../../storage/testing/log-kit.ts'
import { openFileSystemSync } from './file-system-sync.ts'

test('a file system is synced where the addon can do that, and only there', async () => {
  // In memory: a disk would write all that others have on it, and tell of what it could not write for them.
  using bench = nodeBench({ inMemory: true })
  const { directory } = bench
  writeFileSync(join(directory, 'file'), 'bytes')
  const sync = openFileSystemSync(directory)
  if (native === null || process.platform !== 'linux') {
    assert.equal(sync, null)
    return
  }
  if (sync === null) return
  await sync.sync()
  sync.close()
  assert.equal(openFileSystemSync('/proc'), null, 'one that does not tell')
})
