/** A short soak of everything at once: it runs to its end, every attack takes place, and the curve is written. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runMain } from './run-main.ts'

test('honest clients and all attacks in turns; figures as text and as JSON', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-soak-test-'))
  const file = join(directory, 'soak.json')
  const words = ['--minutes', '0.01', '--quiet', '1', '--attack', '3', '--connections', '100', '--warm-up', '0']
  const { code, stdout, stderr } = await runMain('src/soak/main.ts', [...words, '--json', file])
  assert.equal(stderr, '')
  const { samples, phases, counts, log, verdict } = JSON.parse(readFileSync(file, 'utf8'))
  rmSync(directory, { recursive: true })
  // How long anybody waited says nothing in a run this short on a machine that does other things.
  const others = verdict.problems.filter((problem: string) => !problem.startsWith('the p99 of'))
  assert.deepEqual(others, [])
  assert.equal(code, verdict.problems.length === 0 ? 0 : 1)
  assert.match(stdout, /\| cycle \| +MB quiet \|/)
  assert.deepEqual(
    phases.map(({ phase }: { phase: string }) => phase),
    ['quiet', 'attack', 'quiet'],
  )
  for (const { honest } of phases) assert.ok(honest.requests > 0 && honest.records > 0)
  for (const sample of samples) {
    for (const [name, value] of Object.entries(sample)) if (name !== 'phase') assert.ok(Number.isFinite(value), name)
  }
  for (const name of ['idleConnections', 'trickledPieces', 'lies', 'deafClients', 'halfClosed', 'floodRequests']) {
    assert.ok(counts[name] > 0, name)
  }
  assert.ok(log.lines > 0)
})

test('an attack that does not exist is refused with exit code 2', async () => {
  const { code, stderr } = await runMain('src/soak/main.ts', ['--attacks', 'flood,shouting'])
  assert.equal(code, 2)
  assert.match(stderr, /^soak: --attacks: there is no shouting/)
})
