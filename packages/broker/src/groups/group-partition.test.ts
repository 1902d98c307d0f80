import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupPartition } from './group-partition.ts'

test('a group lives where Java would put it', () => {
  // What Java's String.hashCode gives, worked out by its definition: s[0]*31^(n-1) + ... + s[n-1], in 32 bits.
  const hashes: [string, number][] = [
    ['', 0],
    ['a', 97],
    ['my-group', -1_906_497_762],
    ['polygenelubricants', -2_147_483_648],
    ['ü', 252],
    ['💩', 1_772_556],
  ]
  for (const [groupId, hash] of hashes) {
    const positive = hash === -2_147_483_648 ? 0 : Math.abs(hash)
    assert.equal(groupPartition(groupId, 50), positive % 50, groupId)
  }
})
