import { DescribeTopicPartitions, type RequestInput, type ResponseOutput } from '@odradek/protocol'
import type { Cluster } from '../cluster.ts'
import { UnsupportedError } from '../cluster-errors.ts'

/** Replicas of a partition that are not in sync, and what is known of what they have (KIP-966). */
export interface EligibleLeaders {
  /** They have all that is committed, and lead where nobody in sync can. */
  readonly eligible: readonly number[]
  /** They had it, and may have lost it: for people who must decide. */
  readonly lastKnown: readonly number[]
}

type Answer = ResponseOutput<typeof DescribeTopicPartitions>

const NOBODY: EligibleLeaders = { eligible: [], lastKnown: [] }

/**
 * Who may lead where nobody in sync can, in these topics. Partitions where nobody is in either list have an answer too. null
 * where the cluster does not tell (before Kafka 3.7; Kafka 4 keeps them where its feature `eligible.leader.replicas` is on).
 */
export async function eligibleLeaders(
  cluster: Cluster,
  topics: Iterable<string>,
): Promise<((topic: string, partition: number) => EligibleLeaders) | null> {
  const names = [...new Set(topics)].sort()
  const found = new Map<string, EligibleLeaders>()
  let cursor: Answer['nextCursor'] = null
  try {
    // No topics would mean all of them.
    while (names.length > 0) {
      const input: RequestInput<typeof DescribeTopicPartitions> = { topics: names.map((name) => ({ name })), cursor }
      const answer: Answer = await cluster.request(DescribeTopicPartitions, input, 'any', {
        tried: 'read who may lead partitions',
      })
      for (const { name, partitions } of answer.topics) {
        for (const { partitionIndex, eligibleLeaderReplicas, lastKnownElr } of partitions) {
          if (!eligibleLeaderReplicas?.length && !lastKnownElr?.length) continue
          const leaders = { eligible: eligibleLeaderReplicas ?? [], lastKnown: lastKnownElr ?? [] }
          found.set(`${name} ${partitionIndex}`, leaders)
        }
      }
      cursor = answer.nextCursor
      if (cursor === null) break
    }
  } catch (error) {
    if (error instanceof UnsupportedError) return null
    throw error
  }
  return (topic, partition) => found.get(`${topic} ${partition}`) ?? NOBODY
}
