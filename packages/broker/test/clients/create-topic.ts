import assert from 'node:assert/strict'
import { CreateTopics } from '@odradek/protocol'
import { WireClient } from '../wire-client.ts'

/** Makes a topic for clients that cannot. */
export async function createTopic(
  address: string,
  name: string,
  { partitions = 1, configs = {} }: { partitions?: number; configs?: Readonly<Record<string, string>> } = {},
): Promise<void> {
  using client = await WireClient.connect(Number(address.split(':').at(-1)))
  const { topics } = await client.send(CreateTopics, 7, {
    topics: [
      {
        name,
        numPartitions: partitions,
        replicationFactor: 1,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      },
    ],
    timeoutMs: 10_000,
    validateOnly: false,
  })
  assert.equal(topics[0]!.errorCode, 0, topics[0]!.errorMessage ?? name)
}
