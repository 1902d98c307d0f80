import { type ControlRecord, RecordCursor, readControlRecord, type Slice } from '@odradek/protocol'

const cursor = new RecordCursor()

/** The record of a control batch; null for one that compaction emptied, or whose record is not a control record. */
export function controlRecordOf(batch: Slice): ControlRecord | null {
  cursor.open(batch)
  const control = cursor.next() ? readControlRecord(cursor) : null
  cursor.release()
  return control
}
