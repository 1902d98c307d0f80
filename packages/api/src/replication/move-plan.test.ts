import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesToCopy } from './move-plan.ts'

test('what is to be copied is not known where no broker that has it tells', () => {
  const directory = { nodeId: 1, path: '/d', error: null, totalBytes: null, freeBytes: null, replicas: [] }
  const sizes = {
    logs: { directories: [directory], missing: [{ nodeId: 2, reason: 'it hangs' }] },
    topics: new Map([['orders', { sizeBytes: 70, partitions: new Map([[0, 70]]) }]]),
  }
  const move = (partition: number, replicas: number[]) => ({ topic: 'orders', partition, replicas, target: [3, 4] })
  assert.equal(bytesToCopy(sizes, move(0, [1, 2]), 2), 140)
  assert.equal(bytesToCopy(sizes, move(1, [2]), 2), null, 'on the broker that is silent')
  assert.equal(bytesToCopy(sizes, move(1, [1]), 2), 0, 'just made')
  assert.equal(bytesToCopy(sizes, move(1, [2]), 0), 0)
  assert.equal(bytesToCopy(null, move(0, [1]), 1), null)
})
