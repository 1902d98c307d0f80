import { equal } from 'node:assert/strict'
import { BatchCursor, type CodecName, codecWithId, RecordCursor, type Slice, verifyBatchCrc } from '@odradek/protocol'

/** A record of a batch, in a form in which what two implementations read can be compared. */
export interface ReadRecord {
  readonly offset: number
  /** Epoch milliseconds. */
  readonly timestamp: number
  readonly key: string | null
  readonly value: string | null
  readonly headers: readonly (readonly [key: string, value: string])[]
  /** How its batch was compressed, where the reader can tell. */
  readonly codec?: CodecName
}

/** Reads all records of all batches with our own cursors, and fails on a wrong CRC. */
export function readRecords(batches: Slice | null): ReadRecord[] {
  if (batches === null) return []
  const records: ReadRecord[] = []
  const batch = new BatchCursor(batches)
  const cursor = new RecordCursor()
  while (batch.next()) {
    equal(verifyBatchCrc(batches.buffer, batches.view, batch.start), true, 'CRC of a batch')
    cursor.open(batch.slice())
    while (cursor.next()) {
      records.push({
        offset: cursor.offset,
        timestamp: cursor.timestamp,
        key: text(cursor.buffer, cursor.keyStart, cursor.keyEnd),
        value: text(cursor.buffer, cursor.valueStart, cursor.valueEnd),
        headers: cursor.headers().map(({ key, value }) => [key, String(value)] as const),
        codec: codecWithId(batch.header.codec).name,
      })
    }
  }
  equal(batch.end, batches.end, 'bytes after the last batch')
  return records
}

function text(buffer: Buffer, start: number, end: number): string | null {
  return start === -1 ? null : buffer.toString('utf8', start, end)
}
