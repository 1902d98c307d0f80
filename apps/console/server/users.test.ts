import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const folder = mkdtempSync(join(tmpdir(), 'odradek-users-'))
after(() => rmSync(folder, { recursive: true }))

function run(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(import.meta.dirname, '..', 'users.ts'), ...words],
    {
      encoding: 'utf8',
    },
  )
  return { status, stdout, stderr }
}

test('a key is changed only where a console has one: no new one is made beside users that are not there', () => {
  const users = join(folder, 'absent.json')
  const { status, stderr } = run('rotate-key', '--users', users)
  assert.equal(status, 1)
  assert.match(
    stderr,
    /^odradek: there is neither .*absent\.key nor .*absent\.json: name the users' file .* --users\n$/,
  )
  assert.deepEqual(readdirSync(folder), [])
})

test('a damaged key file is told in a line; older keys go to a file of their own', () => {
  const users = join(folder, 'users.json')
  const key = join(folder, 'users.key')
  writeFileSync(key, 'not a key\n')
  const damaged = run('rotate-key', '--users', users)
  assert.equal(damaged.status, 1)
  assert.match(damaged.stderr, /^odradek: .*users\.key has no key of the console in line 1: restore it[^\n]*\n$/)
  const [older, newer] = [1, 2].map((byte) => Buffer.alloc(32, byte).toString('base64'))
  writeFileSync(key, `${newer}\n${older}\n`)
  const { status, stdout } = run('rotate-key', '--forget-old', '--users', users)
  assert.equal(status, 0)
  assert.match(stdout, /^1 older key removed from .*users\.key, and kept in .*users\.key\.forgotten\.\n/)
  assert.deepEqual(
    [key, `${key}.forgotten`].map((path) => readFileSync(path, 'utf8')),
    [`${newer}\n`, `${older}\n`],
  )
  assert.equal(existsSync(`${key}.lock`), false)
})
