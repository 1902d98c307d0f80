import assert from 'node:assert/strict'
import { test } from 'node:test'
import { movesByPlace, partitionStanding } from './partition-standing.ts'

const place = { partition: 0, leader: 1, leaderEpoch: 4, replicas: [1, 2, 3], isr: [1, 2, 3], offline: [] }
const move = { topic: 't', partition: 0, replicas: [1, 2, 3], adding: [3], removing: [1] }
const faults = (change: Partial<typeof place>, moving?: typeof move, minIsr: number | null = null) =>
  partitionStanding('t', { ...place, ...change }, moving, minIsr).faults

test('what is wrong with a partition, the worst first', () => {
  assert.deepEqual(faults({}), [])
  assert.deepEqual(faults({ isr: [1, 3] }, undefined, 2), ['underReplicated'])
  assert.deepEqual(faults({ leader: 2, isr: [2] }, undefined, 2), ['underMinIsr', 'underReplicated', 'notPreferred'])
  // Whose leader is nobody has no other one.
  assert.deepEqual(faults({ leader: -1, isr: [2] }, undefined, 1), ['leaderless', 'underReplicated'])
})

test('replicas that come need not be in sync, and while they do the order is not that of preference', () => {
  assert.deepEqual(faults({ isr: [1, 2] }, move), [])
  assert.deepEqual(faults({ isr: [1, 3] }, move), ['underReplicated'])
  assert.deepEqual(faults({ leader: 2 }, move), [])
  const standing = partitionStanding('t', place, movesByPlace([move])('t', 0))
  assert.deepEqual([standing.isMoving, standing.adding, standing.removing], [true, [3], [1]])
  assert.equal(movesByPlace([move])('t', 1), undefined)
})
