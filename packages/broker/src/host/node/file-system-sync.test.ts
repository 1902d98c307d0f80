import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { native } from '@odradek/native'
import { openFileSystemSync } from './file-system-sync.ts'

test('a file system is synced where the addon can do that, and only there', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-sync-'))
  try {
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
  } finally {
    rmSync(directory, { recursive: true })
  }
})
