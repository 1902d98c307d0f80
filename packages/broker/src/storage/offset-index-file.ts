/** Look-ups in the file of an offset index, without the rest of it in memory: a few reads from the page cache. */
import type { DiskFile } from '../host/disk.ts'
import { OFFSET_INDEX_ENTRY_BYTES } from './offset-index.ts'

/** So many entries are read at once when the search is that near. */
const NEAR_ENTRIES = 64
const near = Buffer.alloc(NEAR_ENTRIES * OFFSET_INDEX_ENTRY_BYTES)

/** What an entry is looked for by: the place of that number in it. */
export const BY_OFFSET = 0
export const BY_POSITION = 4

export interface FoundEntry {
  /** Over the segment's base offset. */
  readonly relativeOffset: number
  readonly position: number
}

/** The last entry of which that number (of an offset: over the segment's base offset) is at most `most`; null without one. */
export function searchOffsetIndexFile(
  file: DiskFile,
  by: typeof BY_OFFSET | typeof BY_POSITION,
  most: number,
): FoundEntry | null {
  let low = 0
  let high = Math.floor(file.size() / OFFSET_INDEX_ENTRY_BYTES)
  // Entries below `low` are at most that, those from `high` on above it.
  while (high - low >= NEAR_ENTRIES) {
    const middle = (low + high) >>> 1
    readEntries(file, middle, 1)
    if (near.readInt32BE(by) <= most) low = middle
    else high = middle
  }
  readEntries(file, low, high - low)
  for (let entry = high - low - 1; entry >= 0; entry -= 1) {
    const at = entry * OFFSET_INDEX_ENTRY_BYTES
    if (near.readInt32BE(at + by) > most) continue
    return { relativeOffset: near.readInt32BE(at + BY_OFFSET), position: near.readInt32BE(at + BY_POSITION) }
  }
  return null
}

function readEntries(file: DiskFile, from: number, count: number): void {
  const bytes = count * OFFSET_INDEX_ENTRY_BYTES
  if (bytes > 0) file.read(near, 0, bytes, from * OFFSET_INDEX_ENTRY_BYTES)
}
