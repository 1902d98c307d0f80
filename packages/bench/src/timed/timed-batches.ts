import { encodeBatch, type RecordInput } from '@odradek/protocol'

/** Records of a batch, and bytes of a record's value. */
export const RECORDS_PER_BATCH = 64
export const VALUE_BYTES = 1024

/** The header that says when a record is due: epoch milliseconds, or milliseconds from its acceptance. */
export type DueHeader = 'TIMER_DELIVER_MS' | 'TIMER_DELAY_MS'

/** Batches of `records` records in all, the one numbered `index` with a header that says `dueOf(index)`. */
export function timedBatches(records: number, header: DueHeader, dueOf: (index: number) => number): Buffer[] {
  const value = Buffer.alloc(VALUE_BYTES, 'v')
  const timestamp = Date.now()
  const batches: Buffer[] = []
  for (let from = 0; from < records; from += RECORDS_PER_BATCH) {
    const count = Math.min(RECORDS_PER_BATCH, records - from)
    const inputs = Array.from({ length: count }, (_, at): RecordInput => {
      return { value, headers: [{ key: header, value: String(dueOf(from + at)) }], timestamp }
    })
    batches.push(encodeBatch({ records: inputs }))
  }
  return batches
}
