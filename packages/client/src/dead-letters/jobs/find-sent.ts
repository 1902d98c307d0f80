/** Looks in a target for what a claim may have sent: by the header that names letter and job. */
import { errors } from '@odradek/protocol'
import type { Cluster } from '../../cluster.ts'
import { KafkaError, UnreachableError, UnsupportedError } from '../../cluster-errors.ts'
import { topicPlaces } from '../../cluster-metadata.ts'
import { describeConfigs } from '../../configs/describe-configs.ts'
import { listOffsets } from '../../partition-offsets.ts'
import { walkPartition } from '../dead-letter.ts'
import { redriveHeaders } from '../letter-headers.ts'

export interface FoundSent {
  /** Offset by `x-redrive-from`. */
  readonly offsets: ReadonlyMap<string, number>
  /** Whether what is not found is certainly not there: not so where records wait unseen before they are shown, or may do. */
  readonly isCertain: boolean
}

/** Clocks of producers differ. */
const SKEW_MS = 10 * 60_000
const JOB = Buffer.from(redriveHeaders.job)
const FROM = Buffer.from(redriveHeaders.from)

/** Throws a KafkaError or UnreachableError where the partition cannot be asked now. */
export async function findSent(
  cluster: Cluster,
  place: { readonly topic: string; readonly partition: number },
  job: string,
  sinceMs: number,
): Promise<FoundSent> {
  const topic = await topicPlaces(cluster, place.topic)
  const offsets = new Map<string, number>()
  // Made again with fewer partitions: what was sent is gone with those.
  if (!topic.partitions.some(({ partition }) => partition === place.partition)) return { offsets, isCertain: true }
  const tried = `look for what was sent to ${place.topic}-${place.partition}`
  const question = [{ topic, partitions: [place.partition] }]
  const answers = await listOffsets(cluster, question, Math.max(0, sinceMs - SKEW_MS))
  const since = answers.get(place.topic)?.get(place.partition)
  if (since === undefined || since.errorCode === errors.BROKER_NOT_AVAILABLE.code) {
    throw new UnreachableError(tried, 'the leader of the partition does not answer')
  }
  if (since.errorCode !== 0) throw new KafkaError(since.errorCode, tried)
  if (since.offset >= 0) {
    const visit: Parameters<typeof walkPartition>[5] = (cursor) => {
      if (cursor.lastHeader(JOB)?.toString() !== job) return true
      const from = cursor.lastHeader(FROM)?.toString()
      if (from !== undefined) offsets.set(from, cursor.offset)
      return true
    }
    // Also what is behind the first record of a transaction that somebody has open there.
    const options = { uncommitted: true }
    await walkPartition(cluster, topic, place.partition, since.offset, Number.MAX_SAFE_INTEGER, visit, options)
  }
  return { offsets, isCertain: !(await mayHide(cluster, place.topic)) }
}

/** Whether records wait unseen in a topic before they are shown; where its configs may not be read they may do. */
async function mayHide(cluster: Cluster, topic: string): Promise<boolean> {
  const name = 'message.type'
  try {
    const entries = await describeConfigs(cluster, { type: 'topic', name: topic }, [name])
    const type = entries.find((entry) => entry.name === name)?.value
    return type === 'RETRY' || type === 'DELAY'
  } catch (error) {
    // No Odradek then, where nothing waits unseen.
    if (error instanceof UnsupportedError) return false
    if (error instanceof KafkaError && !error.isRetriable) return true
    throw error
  }
}
