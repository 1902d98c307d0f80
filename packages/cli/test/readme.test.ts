import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { startBroker } from '@odradek/broker'
import { handlers } from '../../broker/src/server/handlers/index.ts'

const run = promisify(execFile)
const hasKcat = spawnSync('kcat', ['-V']).status === 0
const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8')

/** The ```sh block that has these words, with the broker's address and another file in place of the written ones. */
function block(words: string, address: string, file: string): string {
  const blocks = [...readme.matchAll(/```sh\n(.*?)```/gs)].map((match) => match[1]!)
  const found = blocks.find((text) => text.includes(words))
  assert.ok(found, `README.md has a block with ${words}`)
  return found.replaceAll('127.0.0.1:9092', address).replaceAll('/var/log/dpkg.log', file)
}

test('the README names every API that is served', () => {
  const names = [...handlers.values()].map((handler) => handler.api.name)
  assert.deepEqual(
    names.filter((name) => !new RegExp(`\\b${name}\\b`).test(readme)),
    [],
  )
})

test("the README's first record goes in and comes out", { skip: !hasKcat && 'kcat is missing' }, async () => {
  await using broker = await startBroker()
  const { stdout } = await run('sh', ['-ec', block('echo hello', broker.address, '')])
  assert.equal(stdout, 'hello\n')
})

test("the README's file goes in line by line and comes out equal", {
  skip: !hasKcat && 'kcat is missing',
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-readme-'))
  const file = join(directory, 'package.log')
  // Lines as a system's log has them: times, names, versions; some long, some in other scripts.
  const lines = Array.from({ length: 20_000 }, (_, at) => {
    const time = new Date(Date.UTC(2026, 0, 1) + at * 61_000).toISOString().slice(0, 19).replace('T', ' ')
    return `${time} status installed ${at % 97 === 0 ? '日志-' : 'lib'}${at}:amd64 ${at % 13}.${at % 7}-${at}${' '.repeat(at % 50)}.`
  })
  writeFileSync(file, `${lines.join('\n')}\n`)
  await using broker = await startBroker()
  const { stdout } = await run('sh', ['-ec', block('cmp -', broker.address, file)])
  assert.equal(stdout, 'equal\n')
  rmSync(directory, { recursive: true })
})
