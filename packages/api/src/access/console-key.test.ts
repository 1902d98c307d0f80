import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  appendFileSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConsoleKey, ConsoleKeyError, forgetOldConsoleKeys, rotateConsoleKey } from './console-key.ts'

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
  const { count, keptIn } = forgetOldConsoleKeys(file.path)
  assert.equal(count, 1)
  assert.deepEqual([key.open(before, 'a'), key.open(after, 'a')?.text], [null, 'secret'])
  assert.deepEqual(
    [file.path, keptIn].map((path) => statSync(path).mode & 0o777),
    [0o600, 0o600],
  )
  // What was forgotten too early comes back, also after another change.
  rotateConsoleKey(file.path)
  assert.equal(forgetOldConsoleKeys(file.path).count, 1)
  assert.equal(forgetOldConsoleKeys(file.path).count, 0)
  assert.deepEqual([key.open(before, 'a'), key.open(after, 'a')], [null, null])
  appendFileSync(file.path, readFileSync(keptIn))
  assert.deepEqual([key.open(before, 'a')?.text, key.open(after, 'a')?.text], ['secret', 'secret'])
})

test('the file stays where a link leads, and its owner stays its owner', () => {
  using file = keyFile()
  using elsewhere = keyFile()
  symlinkSync(elsewhere.path, file.path)
  const key = new ConsoleKey(file.path)
  const sealed = key.seal('secret', 'a')
  // Root may give it away; for anybody else it is the same before and after.
  if (process.geteuid?.() === 0) chownSync(elsewhere.path, 1234, 1234)
  const { uid, gid } = statSync(elsewhere.path)
  rotateConsoleKey(file.path)
  const { keptIn } = forgetOldConsoleKeys(file.path)
  assert.equal(keptIn, `${elsewhere.path}.forgotten`)
  for (const { path } of [elsewhere, { path: keptIn }]) {
    const now = statSync(path)
    assert.deepEqual([now.uid, now.gid, now.mode & 0o777], [uid, gid, 0o600])
  }
  assert.equal(lstatSync(file.path).isSymbolicLink(), true)
  assert.equal(key.open(sealed, 'a'), null)
})

test('of changes at the same time none loses the key of another; a lock that was left behind is named', async () => {
  using file = keyFile()
  const module = new URL('./console-key.ts', import.meta.url).href
  // One that waits for long on a busy machine tries again, as a person would.
  const script = `import { ConsoleKeyError, rotateConsoleKey } from ${JSON.stringify(module)}
    for (let n = 0; n < 20; ) {
      try { rotateConsoleKey(${JSON.stringify(file.path)}); n++ }
      catch (error) { if (!(error instanceof ConsoleKeyError)) throw error }
    }`
  const children = [0, 1].map(() =>
    spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' }),
  )
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]))
  assert.deepEqual(codes, [0, 0])
  const lines = readFileSync(file.path, 'utf8').trim().split('\n')
  assert.deepEqual([lines.length, new Set(lines).size], [40, 40])
  assert.deepEqual(readdirSync(join(file.path, '..')), ['users.key'])
  writeFileSync(`${file.path}.lock`, '')
  assert.throws(
    () => rotateConsoleKey(file.path),
    (error) => error instanceof ConsoleKeyError && /users\.key\.lock is there/.test(error.message),
  )
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
