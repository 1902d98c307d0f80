/** Reads a partition from its start to its end and holds it against what is known of it. */
import { Fetch } from '@odradek/protocol'
import type { PartitionHistory } from './partition-history.ts'
import { type FoundBatch, readRecords } from './read-records.ts'
import type { SimClient } from './sim-client.ts'

const FLUSH_TRIES_MAX = 30

interface Found {
  readonly startOffset: number
  readonly endOffset: number
  readonly batches: readonly FoundBatch[]
}

/** `sleep` lets virtual time pass. */
export async function checkPartition(
  client: SimClient,
  partition: PartitionHistory,
  sleep: (ms: number) => Promise<void>,
): Promise<void> {
  let found = await readAll(client, partition)
  // After a start a topic that waits for the disk shows its end only when that is flushed.
  for (let tries = 0; found !== null && found.endOffset < partition.end && tries < FLUSH_TRIES_MAX; tries++) {
    await sleep(100)
    found = await readAll(client, partition)
  }
  if (found === null) return
  const { topic, records, deletedBelow } = partition
  const { startOffset, endOffset, batches } = found
  if (startOffset > deletedBelow && !topic.expires) partition.fail(`starts at ${startOffset}, which nobody asked for`)
  if (endOffset < partition.end) partition.fail(`ends at ${endOffset}, and has been read to ${partition.end}`)
  checkOrder(partition, found)

  const there = new Map<number, string>()
  /** Of each key, the newest record. */
  const newest = new Map<string | null, number>()
  for (const { offset, id, key } of batches.flatMap((batch) => batch.records)) {
    if (offset < startOffset) continue
    partition.placed(offset, id, false)
    if (partition.keys.get(id) !== key)
      partition.fail(`${id} has key ${key}, and was sent with ${partition.keys.get(id)}`)
    there.set(offset, id)
    newest.set(key, offset)
  }
  for (const [offset, id] of records) {
    if (offset < startOffset || there.has(offset)) continue
    const key = partition.keys.get(id)!
    if (topic.isCompacted && key !== null && (newest.get(key) ?? -1) > offset) continue
    partition.fail(`${id} at ${offset} is missing`)
  }
}

/** Null when the topic is gone. */
async function readAll(client: SimClient, partition: PartitionHistory): Promise<Found | null> {
  const batches: FoundBatch[] = []
  let position = 0
  let startOffset = 0
  for (;;) {
    const response = await client.request(Fetch, 12, {
      maxWaitMs: 0,
      minBytes: 0,
      topics: [
        {
          topic: partition.topic.name,
          partitions: [{ partition: partition.index, fetchOffset: position, partitionMaxBytes: 100_000 }],
        },
      ],
    })
    const { errorCode, logStartOffset, highWatermark, records } = response.responses[0]!.partitions[0]!
    startOffset = Math.max(startOffset, logStartOffset)
    if (errorCode !== 0) {
      if (position >= logStartOffset) {
        partition.fail(`cannot be read at ${position}: error ${errorCode}`)
        return null
      }
      position = logStartOffset
      continue
    }
    if (position >= highWatermark) return { startOffset, endOffset: highWatermark, batches }
    const read = records === null ? [] : readRecords(records)
    const nextOffset = read.at(-1)?.nextOffset
    if (nextOffset === undefined || nextOffset <= position) {
      if (!partition.topic.isCompacted)
        partition.fail(`nothing is read at ${position}, and it ends at ${highWatermark}`)
      return { startOffset, endOffset: highWatermark, batches }
    }
    batches.push(...read)
    position = nextOffset
  }
}

/** Offsets without holes, epochs that do not fall, and of each producer every sequence after the one before it. */
function checkOrder(partition: PartitionHistory, { startOffset, batches: all }: Found): void {
  // Records may have expired while they were read.
  const batches = all.filter(({ nextOffset }) => nextOffset > startOffset)
  let expected = startOffset
  let epoch = 0
  const sequences = new Map<number, number>()
  for (const { baseOffset, nextOffset, leaderEpoch, producerId, baseSequence, lastSequence, records } of batches) {
    const { isCompacted } = partition.topic
    const isFirst = expected === startOffset
    if (isCompacted || isFirst ? nextOffset <= expected : baseOffset !== expected)
      partition.fail(`a batch begins at ${baseOffset} where ${expected} was due`)
    if (!isCompacted && records.some(({ offset }, at) => offset !== baseOffset + at))
      partition.fail(`the batch at ${baseOffset} has holes`)
    expected = nextOffset
    if (leaderEpoch < epoch) partition.fail(`the batch at ${baseOffset} is of epoch ${leaderEpoch}, after ${epoch}`)
    epoch = leaderEpoch
    if (producerId < 0) continue
    const before = sequences.get(producerId)
    const follows = before === undefined || (isCompacted ? baseSequence > before : baseSequence === before + 1)
    if (!follows) partition.fail(`producer ${producerId} has sequence ${baseSequence} at ${baseOffset} after ${before}`)
    sequences.set(producerId, lastSequence)
  }
}
