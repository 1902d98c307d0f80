/** Deletes topics. */
import { DeleteTopics, errors } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { KafkaError } from '../cluster-errors.ts'
import { alterConfigs } from '../configs/alter-configs.ts'

export interface DeletedTopic {
  readonly topic: string
  /** null: it is deleted. */
  readonly error: KafkaError | null
}

/**
 * Each topic on its own: one that cannot be deleted does not keep the others. Topics in which records wait are refused, unless
 * `withWaiting` says that these may go too.
 */
export async function deleteTopics(
  cluster: Cluster,
  names: readonly string[],
  options: { timeoutMs?: number; withWaiting?: boolean } = {},
): Promise<DeletedTopic[]> {
  const { timeoutMs = 20_000, withWaiting = false } = options
  const results = await requestDeletion(cluster, names, timeoutMs)
  const refused = results.filter(({ error }) => error?.code === errors.POLICY_VIOLATION.code).map(({ topic }) => topic)
  if (!withWaiting || refused.length === 0) return results
  for (const name of refused)
    await alterConfigs(cluster, { type: 'topic', name }, [{ name: 'intake.delete.allow', value: 'true' }])
  const again = await requestDeletion(cluster, refused, timeoutMs)
  return results.map((result) => again.find(({ topic }) => topic === result.topic) ?? result)
}

async function requestDeletion(cluster: Cluster, names: readonly string[], timeoutMs: number): Promise<DeletedTopic[]> {
  const answer = await cluster.request(
    DeleteTopics,
    { topics: names.map((name) => ({ name })), topicNames: names, timeoutMs },
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
