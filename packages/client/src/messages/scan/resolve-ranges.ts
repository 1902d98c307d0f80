import { KafkaError } from '../../cluster-errors.ts'
import type { TopicPlaces } from '../../cluster-metadata.ts'
import { EARLIEST, LATEST, listOffsets } from '../../partition-offsets.ts'
import type { MessageSource } from './message-source.ts'
import type { PartitionRange, ScanRequest } from './scan-request.ts'

export type ScanBounds = Pick<ScanRequest, 'from' | 'to' | 'readCommitted'>

/** The offsets of each partition that lie between the bounds of a scan, inside what its log holds now. */
export async function resolveRanges(
  { cluster }: MessageSource,
  topic: TopicPlaces,
  bounds: ScanBounds,
  partitions: readonly number[],
): Promise<PartitionRange[]> {
  if (partitions.length === 0) return []
  const { from, to } = bounds
  const questions = [{ topic, partitions }]
  const [first, last, since, until] = await Promise.all([
    listOffsets(cluster, questions, EARLIEST),
    listOffsets(cluster, questions, LATEST, bounds.readCommitted ? 'committed' : 'uncommitted'),
    from.kind === 'time' ? listOffsets(cluster, questions, from.timestamp) : null,
    to.kind === 'time' ? listOffsets(cluster, questions, to.timestamp) : null,
  ])
  const ranges: PartitionRange[] = []
  let refusal = 0
  for (const partition of partitions) {
    const low = first.get(topic.name)?.get(partition)
    const high = last.get(topic.name)?.get(partition)
    if (low?.errorCode !== 0 || high?.errorCode !== 0) {
      refusal = low?.errorCode || high?.errorCode || -1
      continue
    }
    let start = low.offset
    let end = high.offset
    if (from.kind === 'offset') start = Math.max(low.offset, from.offset)
    if (since !== null) start = atOrEnd(since.get(topic.name)?.get(partition)?.offset, high.offset)
    if (to.kind === 'offset') end = Math.min(high.offset, to.offset)
    if (until !== null) end = Math.min(end, atOrEnd(until.get(topic.name)?.get(partition)?.offset, high.offset))
    end = Math.max(end, low.offset)
    ranges.push({ partition, start: Math.min(start, end), end })
  }
  if (ranges.length === 0) throw new KafkaError(refusal, `find the bounds of topic "${topic.name}"`)
  return ranges
}

/** -1, "no record at or after that time", is the end. */
function atOrEnd(offset: number | undefined, end: number): number {
  return offset === undefined || offset < 0 ? end : offset
}
