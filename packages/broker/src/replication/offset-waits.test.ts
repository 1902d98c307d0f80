import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { OffsetWaits } from './offset-waits.ts'

test('what has ended is let go of while others wait', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const waits = new OffsetWaits()
  const ended: number[] = []
  const add = (offset: number) => {
    const wait = { reached: () => void ended.push(offset) }
    waits.add(offset, wait)
    return new WeakRef(wait)
  }
  const first = add(1)
  const second = add(2)
  waits.reach(1)
  assert.deepEqual(ended, [1])
  assert.equal(waits.size, 1)
  // A reference that was made in a turn holds on until its end.
  for (let round = 0; round < 10 && first.deref() !== undefined; round++) {
    await setImmediate()
    collect()
  }
  assert.equal(first.deref(), undefined)
  assert.notEqual(second.deref(), undefined)
  waits.reach(2)
  assert.deepEqual(ended, [1, 2])
})
