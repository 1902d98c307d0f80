/** What the stories of timed messages say more than once. */
import { type BatchOptions, encodeBatch, type RecordInput } from '@odradek/protocol'
import type { WireTopic } from '../protocol/wire-topic.ts'
import type { ReadRecord } from '../protocol-cross-check/read-records.ts'

/** A record with one header. */
export function timed(value: string, header: string, text: string | number, timestamp = Date.now()): RecordInput {
  return { key: `key of ${value}`, value, headers: [{ key: header, value: String(text) }], timestamp }
}

export function batch(records: readonly RecordInput[], options: BatchOptions = {}): Buffer {
  return encodeBatch({ ...options, records })
}

/** Reads from the beginning until there are `count` records; the fetches wait in the broker. */
export async function readUntil(topic: WireTopic, count: number, partition = 0): Promise<ReadRecord[]> {
  const records: ReadRecord[] = []
  let next = 0
  while (records.length < count) {
    const read = await topic.read(next, { partition, maxWaitMs: 5_000 })
    for (const record of read) if (record.offset >= next) records.push(record)
    next = (records.at(-1)?.offset ?? -1) + 1
  }
  return records
}

/** The text of a header of a record that was read. */
export function headerOf(record: ReadRecord, name: string): string | undefined {
  return record.headers.find(([key]) => key === name)?.[1] ?? undefined
}
