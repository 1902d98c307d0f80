import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { growthPercent } from './small-heap.ts'

const MIB = 1024 * 1024

test('a small heap may grow by as much as one of a hundred mebibytes; a large one by what V8 thinks', () => {
  assert.equal(growthPercent(24 * MIB), 400)
  assert.equal(growthPercent(48 * MIB), 200)
  assert.equal(growthPercent(96 * MIB), 0)
  assert.equal(growthPercent(1000 * MIB), 0)
})

test('V8 takes the flag that it is given, and a process that has nothing else to do ends', () => {
  const module = JSON.stringify(import.meta.resolve('./small-heap.ts'))
  const script = `const { giveSmallHeapRoom } = await import(${module}); giveSmallHeapRoom()`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  assert.equal(stderr, '')
  assert.equal(status, 0)
})
