import assert from 'node:assert/strict'
import { BatchCursor, Fetch, RecordCursor, type Slice } from '@odradek/protocol'
import type { WireClient } from '../wire-client.ts'

export interface ReadRecord {
  readonly offset: number
  readonly value: string
}

/** The records of a partition from `offset` on, and the offset after them; at most `maxBytes` or one batch. */
export async function fetchRecords(
  client: WireClient,
  topic: string,
  partition: number,
  offset: number,
  { maxWaitMs = 0, maxBytes = 100_000 } = {},
): Promise<{ records: ReadRecord[]; highWatermark: number }> {
  const response = await client.send(Fetch, 11, {
    maxWaitMs,
    minBytes: 1,
    topics: [{ topic, partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: maxBytes }] }],
  })
  const found = response.responses[0]!.partitions[0]!
  assert.equal(found.errorCode, 0, `${topic}-${partition} at ${offset}`)
  const records = found.records === null ? [] : recordsIn(found.records)
  return { records: records.filter((record) => record.offset >= offset), highWatermark: found.highWatermark }
}

/** All records of a partition, whose offsets must follow each other without a hole. */
export async function readPartition(client: WireClient, topic: string, partition: number): Promise<ReadRecord[]> {
  const all: ReadRecord[] = []
  for (;;) {
    const { records, highWatermark } = await fetchRecords(client, topic, partition, all.length)
    for (const record of records) {
      assert.equal(record.offset, all.length, `${topic}-${partition}`)
      all.push(record)
    }
    if (all.length >= highWatermark) return all
    assert.ok(records.length > 0, `${topic}-${partition} has nothing at ${all.length}, and ends at ${highWatermark}`)
  }
}

function recordsIn(bytes: Slice): ReadRecord[] {
  const found: ReadRecord[] = []
  const batches = new BatchCursor(bytes)
  const records = new RecordCursor()
  while (batches.next()) {
    records.open(batches.slice())
    while (records.next()) found.push({ offset: records.offset, value: records.value()?.toString() ?? '' })
  }
  return found
}
