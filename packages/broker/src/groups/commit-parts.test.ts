import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import type { OffsetCommitRequest } from '@odradek/protocol'
import { commitParts, isCommitOfMany, joinedParts } from './commit-parts.ts'

function topics(...counts: number[]): OffsetCommitRequest['topics'] {
  return counts.map((count, at) => ({
    name: `topic ${at}`,
    topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
    partitions: Array.from({ length: count }, (_, partitionIndex) => ({
      partitionIndex,
      committedOffset: 0,
      committedLeaderEpoch: -1,
      commitTimestamp: -1,
      committedMetadata: null,
    })),
  }))
}

test('a commit is in parts from some hundred partitions on', () => {
  deepEqual([isCommitOfMany(topics(16, 0, 3)), isCommitOfMany(topics(200, 51))], [false, true])
  equal(isCommitOfMany(topics(...Array.from({ length: 300 }, () => 0))), true)
})

for (const counts of [[0], [3], [250], [251], [249, 0, 2], [250, 0, 1], [1000, 0, 0, 600], [100, 100, 100, 100, 7]]) {
  test(`the parts of ${counts} partitions have all of them once, and the answer names them as the request did`, () => {
    const asked = topics(...counts)
    const parts = [...commitParts(asked)]
    for (const part of parts) ok(part.reduce((count, { partitions }) => count + partitions.length, 0) <= 250)
    const told = parts.map((part) =>
      part.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: partitionIndex % 5 })),
      })),
    )
    const expected = asked.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: partitionIndex % 5 })),
    }))
    deepEqual(joinedParts(asked, told), expected)
  })
}
