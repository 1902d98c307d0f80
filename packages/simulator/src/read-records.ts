import { BatchCursor, RecordCursor, type Slice, verifyBatchCrc } from '@odradek/protocol'

export interface FoundRecord {
  readonly offset: number
  /** From its header `id`; empty without. */
  readonly id: string
  readonly key: string | null
}

export interface FoundBatch {
  readonly baseOffset: number
  readonly nextOffset: number
  readonly leaderEpoch: number
  readonly producerId: number
  readonly baseSequence: number
  readonly lastSequence: number
  readonly records: readonly FoundRecord[]
}

/** The whole batches in `bytes`, with what tells their records apart. Throws where a CRC or a length is wrong. */
export function readRecords(bytes: Slice): FoundBatch[] {
  const batches: FoundBatch[] = []
  const cursor = new BatchCursor(bytes)
  const records = new RecordCursor()
  while (cursor.next()) {
    const { baseOffset, nextOffset, leaderEpoch, producerId, baseSequence, lastSequence } = cursor.header
    if (!verifyBatchCrc(bytes.buffer, bytes.view, cursor.start))
      throw new Error(`the batch at offset ${baseOffset} has a wrong CRC`)
    const found: FoundRecord[] = []
    records.open(cursor.slice())
    while (records.next()) {
      const id = records.headers().find((header) => header.key === 'id')?.value
      found.push({ offset: records.offset, id: id?.toString() ?? '', key: records.key()?.toString() ?? null })
    }
    batches.push({ baseOffset, nextOffset, leaderEpoch, producerId, baseSequence, lastSequence, records: found })
  }
  return batches
}
