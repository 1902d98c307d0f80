import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConsoleKey, forgetOldConsoleKeys, rotateConsoleKey } from './console-key.ts'

/** A key file that is not there yet, in a directory that is gone at the end of its scope. */
function keyFile() {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-key-'))
  return { path: join(directory, 'users.key'), [Symbol.dispose]: () => rmSync(directory, { recursive: true }) }
}

test("a text is opened by who has the file, for its purpose; the file is its owner's", () => {
  using file = keyFile()
  const key = new ConsoleKey(file.path)
  assert.deepEqual([key.problem(), key.open('AAAA', 'a')], [null, null], 'looking makes no file')
  const sealed = key.seal('secret', 'a')
  assert.equal(statSync(file.path).mode & 0o777, 0o600)
  assert.deepEqual(new ConsoleKey(file.path).open(sealed, 'a'), { text: 'secret', isOld: false })
  assert.equal(key.open(sealed, 'b'), null)
  using other = keyFile()
  const foreign = new ConsoleKey(other.path)
  foreign.seal('x', 'a')
  assert.equal(foreign.open(sealed, 'a'), null)
})

test('a new key seals, the older opens until it is forgotten; who runs notices both', () => {
  using file = keyFile()
  const key = new ConsoleKey(file.path)
  const before = key.seal('secret', 'a')
  assert.equal(rotateConsoleKey(file.path), 2)
  assert.deepEqual(key.open(before, 'a'), { text: 'secret', isOld: true })
  const after = key.seal('secret', 'a')
  assert.deepEqual(key.open(after, 'a'), { text: 'secret', isOld: false })
  assert.equal(forgetOldConsoleKeys(file.path), 1)
  assert.deepEqual([key.open(before, 'a'), key.open(after, 'a')?.text], [null, 'secret'])
  assert.equal(statSync(file.path).mode & 0o777, 0o600)
})

test('a file that is damaged is named with its line, and works again when it is restored', () => {
  using file = keyFile()
  const key = new ConsoleKey(file.path)
  const sealed = key.seal('secret', 'a')
  const whole = readFileSync(file.path, 'utf8')
  writeFileSync(file.path, `${whole}not a key\n`)
  assert.match(key.problem() ?? '', /users\.key has no key of the console in line 2: restore it/)
  assert.throws(() => key.open(sealed, 'a'), /line 2/)
  writeFileSync(file.path, '')
  assert.match(key.problem() ?? '', /is empty/)
  writeFileSync(file.path, whole)
  assert.deepEqual([key.problem(), key.open(sealed, 'a')?.text], [null, 'secret'])
})
