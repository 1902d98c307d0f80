/** Gives a topic more partitions. */
import { CreatePartitions } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { assertNone, KafkaError } from '../cluster-errors.ts'

/** `total` is the number afterwards. Throws INVALID_PARTITIONS unless it is more than now. */
export async function addPartitions(
  cluster: Cluster,
  topic: string,
  total: number,
  options: { validateOnly?: boolean; timeoutMs?: number } = {},
): Promise<void> {
  const tried = `give topic "${topic}" ${total} partitions`
  const answer = await cluster.request(
    CreatePartitions,
    {
      topics: [{ name: topic, count: total, assignments: null }],
      timeoutMs: options.timeoutMs ?? 20_000,
      validateOnly: options.validateOnly ?? false,
    },
    'controller',
    { tried },
  )
  const result = answer.results[0]
  if (!result) throw new KafkaError(-1, tried, 'The broker answered without a result.')
  assertNone(result.errorCode, tried, result.errorMessage)
  cluster.forget()
}
