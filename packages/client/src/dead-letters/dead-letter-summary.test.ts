import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Cluster } from '../cluster.ts'
import { EARLIEST } from '../partition-offsets.ts'
import { summarizeDeadLetters } from './dead-letter-summary.ts'

test('a topic with a partition that nobody leads is told in part; one that is gone is missing', async () => {
  const place = { leader: 1, leaderEpoch: 0, replicas: [1], isr: [1], offlineReplicas: [], errorCode: 0 }
  const partitions = [
    { ...place, partition: 0 },
    { ...place, partition: 1, leader: -1 },
  ]
  type Asked = { topics: { name: string; partitions: { partitionIndex: number; timestamp: number }[] }[] }
  // The answers of a broker on the wire: seven letters in each partition that it leads.
  const cluster = {
    metadata: async () => ({ topics: new Map([['dlq.a', { name: 'dlq.a', id: '', errorCode: 0, partitions }]]) }),
    request: async (_api: unknown, { topics }: Asked) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => {
          return { partitionIndex, offset: timestamp === EARLIEST ? 0 : 7, timestamp: -1, errorCode: 0 }
        }),
      })),
    }),
  } as unknown as Cluster
  const found = {
    topicId: '',
    group: null,
    retryTopic: null,
    partitions: 2,
    convention: null,
    knownBy: 'name',
  } as const
  const topics = ['dlq.a', 'dlq.gone'].map((topic) => ({ topic, ...found }))
  const summaries = await summarizeDeadLetters(cluster, topics)
  assert.deepEqual(
    summaries.map(({ topic, depth, isMissing, isPartial }) => [topic, depth, isMissing, isPartial]),
    [
      ['dlq.a', 7, false, true],
      ['dlq.gone', 0, true, false],
    ],
  )
})
