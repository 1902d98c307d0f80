/** Looks in a target for what a claim may have sent: by the header that names letter and job. */
import type { Cluster } from '../../cluster.ts'
import { topicPlaces } from '../../cluster-metadata.ts'
import { describeConfigs } from '../../configs/describe-configs.ts'
import { listOffsets, offsetOf } from '../../partition-offsets.ts'
import { walkPartition } from '../dead-letter.ts'
import { redriveHeaders } from '../letter-headers.ts'

export interface FoundSent {
  /** Offset by `x-redrive-from`. */
  readonly offsets: ReadonlyMap<string, number>
  /** Whether what is not found is certainly not there: not so where records wait unseen before they are shown. */
  readonly isCertain: boolean
}

/** Clocks of producers differ. */
const SKEW_MS = 10 * 60_000
const JOB = Buffer.from(redriveHeaders.job)
const FROM = Buffer.from(redriveHeaders.from)

export async function findSent(
  cluster: Cluster,
  place: { readonly topic: string; readonly partition: number },
  job: string,
  sinceMs: number,
): Promise<FoundSent> {
  const topic = await topicPlaces(cluster, place.topic)
  const question = [{ topic, partitions: [place.partition] }]
  const since = offsetOf(
    await listOffsets(cluster, question, Math.max(0, sinceMs - SKEW_MS)),
    place.topic,
    place.partition,
  )
  const offsets = new Map<string, number>()
  if (since !== null && since >= 0) {
    await walkPartition(cluster, topic, place.partition, since, Number.MAX_SAFE_INTEGER, (cursor) => {
      if (cursor.lastHeader(JOB)?.toString() !== job) return true
      const from = cursor.lastHeader(FROM)?.toString()
      if (from !== undefined) offsets.set(from, cursor.offset)
      return true
    })
  }
  const name = 'message.type'
  const entries = await describeConfigs(cluster, { type: 'topic', name: place.topic }, [name]).catch(() => [])
  const type = entries.find((entry) => entry.name === name)?.value
  return { offsets, isCertain: type !== 'RETRY' && type !== 'DELAY' }
}
