/** Removes records as a plan says. */
import { DeleteRecords, errors } from '@odradek/protocol'
import { mapBounded } from '../bounded.ts'
import type { Cluster } from '../cluster.ts'
import { KafkaError, kafkaErrorName, RefusedError } from '../cluster-errors.ts'
import { fetchMetadata } from '../cluster-metadata.ts'
import type { DeleteRecordsPlan } from './delete-records-plan.ts'

export interface DeletedRecords {
  readonly partition: number
  /** The first offset that is there now; null: it failed. */
  readonly start: number | null
  readonly error: string | null
}

/**
 * Does what the plan says and nothing else: refuses where the topic has been deleted and made again since. Each partition
 * on its own; one that fails does not keep the others.
 */
export async function deleteRecords(cluster: Cluster, plan: DeleteRecordsPlan): Promise<DeletedRecords[]> {
  const tried = `delete ${plan.records} records of topic "${plan.topic}"`
  const topic = (await fetchMetadata(cluster, [plan.topic])).topics.get(plan.topic)
  if (topic?.errorCode !== 0) throw new KafkaError(topic?.errorCode ?? 3, tried)
  if (topic.id !== plan.topicId) {
    throw new RefusedError('The topic has been deleted and made again since the plan.', tried, 'Plan again.')
  }
  const wanted = plan.rows.filter((row) => row.before !== null && row.records > 0)
  const byLeader = Map.groupBy(wanted, ({ partition }) => {
    return topic.partitions.find((place) => place.partition === partition)?.leader ?? -1
  })
  const results: DeletedRecords[] = []
  await mapBounded([...byLeader], 8, async ([leader, rows]) => {
    const fail = (error: string) => {
      for (const { partition } of rows) results.push({ partition, start: null, error })
    }
    if (leader < 0) return fail(kafkaErrorName(errors.LEADER_NOT_AVAILABLE.code))
    try {
      const partitions = rows.map(({ partition, before }) => ({ partitionIndex: partition, offset: before! }))
      const request = { topics: [{ name: plan.topic, partitions }], timeoutMs: 20_000 }
      const answer = await cluster.request(DeleteRecords, request, leader, { tried })
      for (const { partitionIndex, lowWatermark, errorCode } of answer.topics[0]?.partitions ?? []) {
        const error = errorCode === 0 ? null : kafkaErrorName(errorCode)
        results.push({ partition: partitionIndex, start: error === null ? lowWatermark : null, error })
      }
    } catch (error) {
      fail((error as Error).message)
    }
  })
  return results.sort((a, b) => a.partition - b.partition)
}
