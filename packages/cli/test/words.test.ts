import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { olderNode, runOdradek } from './odradek.ts'

const manifest: { version: string } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'))

test('--version prints the version', async () => {
  assert.deepEqual(await runOdradek(['--version']), { code: 0, stdout: manifest.version, stderr: '' })
})

test('--help lists the commands, COMMAND --help its flags', async () => {
  const all = await runOdradek(['--help'])
  assert.equal(all.code, 0)
  for (const command of ['start', 'broker', 'config']) assert.match(all.stdout, new RegExp(`^ {2}${command} `, 'm'))
  const one = await runOdradek(['broker', '--help'])
  assert.equal(one.code, 0)
  assert.match(one.stdout, /--set KEY=VALUE …/)
  assert.deepEqual(await runOdradek(['help', 'broker']), one)
})

test('no words at all are answered with the help', async () => {
  assert.match((await runOdradek([])).stdout, /^odradek: a message broker/)
})

const refused: [string[], string][] = [
  [['strat'], 'odradek: Unknown command "strat". Did you mean "start"? See odradek --help\n'],
  [['--verison'], 'odradek: Unknown flag --verison. Try odradek --help\n'],
  [['broker', '--data-dri', 'x'], 'odradek: Unknown flag --data-dri. Did you mean --data-dir?\n'],
  [['config', '--scope', 'cluster'], 'odradek: --scope must be one of broker, topic, group, not "cluster"\n'],
]
for (const [words, stderr] of refused) {
  test(`"${words.join(' ')}" ends with 2 and the nearest`, async () => {
    assert.deepEqual(await runOdradek(words), { code: 2, stdout: '', stderr })
  })
}

test('config prints the tables as text, JSON and Markdown', async () => {
  assert.match((await runOdradek(['config', '--scope', 'topic'])).stdout, /retention\.ms = 604800000 \(7 d\)/)
  const lines: { key: string; default: string }[] = JSON.parse((await runOdradek(['config', '--json'])).stdout)
  assert.ok(lines.some((line) => line.key === 'flush.mode' && line.default === 'async'))
  assert.match((await runOdradek(['config', '--markdown'])).stdout, /^# Configuration/)
})

const older = olderNode()
if (older !== null) {
  test("the bin runs under the machine's own, older Node", () => {
    const bin = join(import.meta.dirname, '../bin/odradek.js')
    assert.equal(execFileSync(older, [bin, '--version'], { encoding: 'utf8' }).trim(), manifest.version)
    const refused = spawnSync(older, [bin, 'strat'], { encoding: 'utf8' })
    assert.equal(refused.status, 2)
    assert.match(refused.stderr, /Did you mean "start"/)
  })
}
