/** Deletes topics. */
import { DeleteTopics } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { KafkaError } from '../cluster-errors.ts'

export interface DeletedTopic {
  readonly topic: string
  /** null: it is deleted. */
  readonly error: KafkaError | null
}

/** Each topic on its own: one that cannot be deleted does not keep the others. */
export async function deleteTopics(
  cluster: Cluster,
  names: readonly string[],
  options: { timeoutMs?: number } = {},
): Promise<DeletedTopic[]> {
  const answer = await cluster.request(
    DeleteTopics,
    { topics: names.map((name) => ({ name })), topicNames: names, timeoutMs: options.timeoutMs ?? 20_000 },
    'controller',
    { tried: `delete ${names.length === 1 ? `topic "${names[0]}"` : `${names.length} topics`}` },
  )
  cluster.forget()
  return names.map((topic) => {
    const result = answer.responses.find(({ name }) => name === topic)
    const code = result?.errorCode ?? -1
    return { topic, error: code === 0 ? null : new KafkaError(code, `delete topic "${topic}"`, result?.errorMessage) }
  })
}
