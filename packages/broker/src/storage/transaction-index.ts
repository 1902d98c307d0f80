/**
 * The transaction index of a segment: the transactions whose abort marker lies in it, 34 bytes each:
 * `int16 version 0, int64 producer id, int64 first offset, int64 last offset (the marker's), int64 last stable offset`.
 * The last stable offset is where the log became stable up to by this abort. Readers of committed records get the
 * aborted transactions that overlap what they read and leave those records out.
 */
import { viewOf, writeInt64 } from '@odradek/protocol'

export const TRANSACTION_INDEX_ENTRY_BYTES = 34
const TWO_POW_32 = 0x1_0000_0000

export interface AbortedTransaction {
  readonly producerId: number
  /** Of the first record of the transaction in this partition. */
  readonly firstOffset: number
  /** Of the marker. */
  readonly lastOffset: number
  readonly lastStableOffset: number
}

/** One entry in bytes. */
export function encodeAborted(aborted: AbortedTransaction): Buffer {
  const bytes = Buffer.alloc(TRANSACTION_INDEX_ENTRY_BYTES)
  const view = viewOf(bytes)
  writeInt64(view, 2, aborted.producerId)
  writeInt64(view, 10, aborted.firstOffset)
  writeInt64(view, 18, aborted.lastOffset)
  writeInt64(view, 26, aborted.lastStableOffset)
  return bytes
}

/** All entries of a file; null when it cannot be one for a segment that begins at `baseOffset`. */
export function decodeAborted(bytes: Buffer, baseOffset: number): AbortedTransaction[] | null {
  if (bytes.length % TRANSACTION_INDEX_ENTRY_BYTES !== 0) return null
  const view = viewOf(bytes)
  const found: AbortedTransaction[] = []
  let last = baseOffset - 1
  for (let at = 0; at < bytes.length; at += TRANSACTION_INDEX_ENTRY_BYTES) {
    if (view.getInt16(at) !== 0) return null
    const entry = {
      producerId: int64At(view, at + 2),
      firstOffset: int64At(view, at + 10),
      lastOffset: int64At(view, at + 18),
      lastStableOffset: int64At(view, at + 26),
    }
    // A marker follows records; zeros are what a crash leaves of a file that was not synced.
    if (entry.lastOffset <= last || entry.firstOffset >= entry.lastOffset) return null
    last = entry.lastOffset
    found.push(entry)
  }
  return found
}

/** The entries of a file whose marker lies below `offset`, where only those are sure. */
export function abortedBefore(bytes: Buffer, baseOffset: number, offset: number): AbortedTransaction[] {
  for (let entries = Math.floor(bytes.length / TRANSACTION_INDEX_ENTRY_BYTES); entries > 0; entries--) {
    const found = decodeAborted(bytes.subarray(0, entries * TRANSACTION_INDEX_ENTRY_BYTES), baseOffset)
    if (found !== null) return found.filter(({ lastOffset }) => lastOffset < offset)
  }
  return []
}

function int64At(view: DataView, position: number): number {
  return view.getInt32(position) * TWO_POW_32 + view.getUint32(position + 4)
}
