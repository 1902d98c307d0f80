import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { UserFile, UserFileError } from './user-file.ts'

async function withFile(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'odradek-users-'))
  try {
    await work(join(folder, 'console', 'users.json'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

const viewer = { '*': { role: 'viewer', payloads: false } } as const

test('a user is added, verified, changed and removed; the file holds no password and is the owner’s alone', () =>
  withFile(async (path) => {
    const file = new UserFile(path)
    assert.deepEqual(file.users, [], 'no file, no users')
    await file.put('ann', 'correct horse', viewer)
    assert.equal((await file.verify('ann', 'correct horse'))?.name, 'ann')
    assert.equal(await file.verify('ann', 'correct horsf'), null)
    assert.equal(await file.verify('bob', 'correct horse'), null)
    assert.equal((await stat(path)).mode & 0o777, 0o600)
    assert.doesNotMatch(await readFile(path, 'utf8'), /correct horse/)
    const other = new UserFile(path)
    await other.put('ann', 'another one', { local: { role: 'admin', payloads: true } })
    assert.equal(await file.verify('ann', 'correct horse'), null, 'the file has changed')
    assert.deepEqual(file.find('ann')?.grants, { local: { role: 'admin', payloads: true } })
    assert.equal(await other.remove('ann'), true)
    assert.equal(await other.remove('ann'), false)
    assert.equal(file.find('ann'), null)
  }))

test('a password that is too short is refused, and a damaged file is not an open door', () =>
  withFile(async (path) => {
    const file = new UserFile(path)
    await assert.rejects(file.put('ann', 'short', viewer), /8 to 1024 characters, not 5/)
    await assert.rejects(file.put('open', 'correct horse', viewer), /Nobody can be called open/)
    await file.put('ann', 'correct horse', viewer)
    await writeFile(path, '{"users": [{"name": "ann"}]}')
    assert.throws(() => file.users, UserFileError)
    await writeFile(path, '{"users":')
    assert.throws(() => file.users, /is not JSON/)
  }))

test('composed and decomposed letters are the same password', () =>
  withFile(async (path) => {
    const file = new UserFile(path)
    await file.put('ann', 'zürich-zürich', viewer)
    assert.ok(await file.verify('ann', 'zürich-zürich'.normalize('NFD')))
  }))
