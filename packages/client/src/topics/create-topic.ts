/** Creates a topic. */
import { CreateTopics } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { assertNone, KafkaError } from '../cluster-errors.ts'

export interface NewTopic {
  readonly name: string
  /** The broker's default if not given. */
  readonly partitions?: number | undefined
  readonly replicationFactor?: number | undefined
  readonly configs?: Readonly<Record<string, string>> | undefined
}

export interface CreatedTopic {
  readonly name: string
  /** null: the cluster does not tell. */
  readonly partitions: number | null
  readonly replicationFactor: number | null
}

/** With `validateOnly` nothing is created: for a form that wants to know. Throws a KafkaError with the broker's text. */
export async function createTopic(
  cluster: Cluster,
  topic: NewTopic,
  options: { validateOnly?: boolean; timeoutMs?: number } = {},
): Promise<CreatedTopic> {
  const tried = `create topic "${topic.name}"`
  const answer = await cluster.request(
    CreateTopics,
    {
      topics: [
        {
          name: topic.name,
          numPartitions: topic.partitions ?? -1,
          replicationFactor: topic.replicationFactor ?? -1,
          assignments: [],
          configs: Object.entries(topic.configs ?? {}).map(([name, value]) => ({ name, value })),
        },
      ],
      timeoutMs: options.timeoutMs ?? 20_000,
      validateOnly: options.validateOnly ?? false,
    },
    'controller',
    { tried },
  )
  const result = answer.topics[0]
  if (!result) throw new KafkaError(-1, tried, 'The broker answered without a result.')
  assertNone(result.errorCode, tried, result.errorMessage)
  cluster.forget()
  const told = (count: number) => (count < 0 ? null : count)
  return {
    name: topic.name,
    partitions: told(result.numPartitions) ?? topic.partitions ?? null,
    replicationFactor: told(result.replicationFactor) ?? topic.replicationFactor ?? null,
  }
}
