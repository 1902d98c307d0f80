import { BatchCursor, Fetch, Metadata, ZERO_UUID } from '@odradek/protocol'
import { WireClient } from '../wire-client.ts'

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

/** What a log keeps of a batch, as far as its producer decides it. */
export interface StoredBatch {
  readonly codec: string
  readonly isIdempotent: boolean
  readonly baseOffset: number
  readonly count: number
}

/** The batches of partition 0, as they are stored: what a client was asked to send is not always what it sent. */
export async function storedBatches(address: string, topic: string): Promise<StoredBatch[]> {
  using client = await WireClient.connect(Number(address.split(':').at(-1)))
  const { topics } = await client.send(Metadata, 12, { topics: [{ name: topic, topicId: ZERO_UUID }] })
  const batches: StoredBatch[] = []
  for (let fetchOffset = 0, isMore = true; isMore; ) {
    const { responses } = await client.send(Fetch, 13, {
      maxBytes: 10_000_000,
      minBytes: 0,
      maxWaitMs: 0,
      topics: [
        {
          topic,
          topicId: topics[0]!.topicId,
          partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 10_000_000 }],
        },
      ],
    })
    const cursor = new BatchCursor(responses[0]!.partitions[0]!.records!)
    isMore = false
    while (cursor.next()) {
      const { attributes, producerId, baseOffset, count, lastOffsetDelta } = cursor.header
      batches.push({ codec: CODECS[attributes & 7]!, isIdempotent: producerId >= 0, baseOffset, count })
      fetchOffset = baseOffset + lastOffsetDelta + 1
      isMore = true
    }
  }
  return batches
}
