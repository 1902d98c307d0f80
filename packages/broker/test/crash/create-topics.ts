import assert from 'node:assert/strict'
import { CreateTopics } from '@odradek/protocol'
import { WireClient } from '../wire-client.ts'

export interface TopicToCreate {
  readonly name: string
  readonly partitions: number
  readonly configs?: Readonly<Record<string, string>>
}

export async function createTopics(port: number, topics: readonly TopicToCreate[]): Promise<void> {
  using client = await WireClient.connect(port)
  const answer = await client.send(CreateTopics, 7, {
    topics: topics.map(({ name, partitions, configs = {} }) => ({
      name,
      numPartitions: partitions,
      replicationFactor: 1,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    })),
  })
  for (const { name, errorCode } of answer.topics) assert.equal(errorCode, 0, name)
}
