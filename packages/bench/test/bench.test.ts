/** A short run of everything: tables, JSON, and figures that are numbers. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ServerProcess } from '../src/server-process.ts'
import { runMain } from './run-main.ts'

test('broker, reference and peer are measured in the same rounds; every figure is finite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'odradek-bench-test-'))
  const file = join(directory, 'bench.json')
  await using peer = await ServerProcess.reference()
  const { code, stdout, stderr } = await runMain('src/main.ts', [
    ...['--rows', '16 KiB, 16 partitions|records/s|fetch 64', '--rounds', '2', '--seconds', '0.3', '--warmup', '0.1'],
    ...['--peer', `127.0.0.1:${peer.port}`, '--peer-pid', String(peer.pid), '--json', file],
  ])
  assert.equal(stderr, '')
  assert.equal(code, 0)
  assert.match(stdout, /\| +MB\/s \/ reference \|/)
  assert.match(stdout, /\| produce 16 KiB, 16 partitions +\| +[\d.,]+ \(/)
  const results = JSON.parse(readFileSync(file, 'utf8'))
  rmSync(directory, { recursive: true })
  assert.equal(results.rows.length, 3)
  for (const row of results.rows) {
    assert.deepEqual(Object.keys(row.servers), ['broker', 'reference', 'peer'])
    for (const server of Object.values<Record<string, unknown>>(row.servers)) {
      assert.equal((server.rounds as unknown[]).length, 2)
      assertFinite(server, row.name)
      const { min } = server.requests as { min: number }
      assert.ok(min > 0)
    }
    // CPU time is told in steps of 10 ms, so a ratio of CPU may have nothing below its line in a run this short.
    assertFinite([row.ratios.reference.megabytesPerSecond, row.ratios.peer.megabytesPerSecond], row.name)
  }
})

test('three brokers are measured beside one', async () => {
  const row = 'three brokers, acks=all: 1,000 batches a second'
  const { code, stdout, stderr } = await runMain('src/main.ts', [
    ...['--rows', row, '--rounds', '1', '--seconds', '0.3', '--warmup', '0.1'],
  ])
  assert.equal(stderr, '')
  assert.equal(code, 0)
  assert.match(stdout, /\| 1,000 batches a second +\| +[\d.]+ \| +[\d.]+ \| +[\d.]+ \|/)
})

test('a row that does not exist is refused with exit code 2', async () => {
  const { code, stderr } = await runMain('src/main.ts', ['--rows', 'no such row'])
  assert.equal(code, 2)
  assert.match(stderr, /^bench: --rows: no row matches no such row/)
})

function assertFinite(value: unknown, where: string): void {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) assertFinite(inner, `${where}.${key}`)
  } else assert.ok(Number.isFinite(value), `${where} is ${value}`)
}
