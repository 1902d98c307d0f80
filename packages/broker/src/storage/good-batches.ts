import { BatchHeader, RECORDS, readBatchHeader, verifyBatchCrc, viewOf } from '@odradek/protocol'
import type { Disk, DiskFile } from '../host/disk.ts'
import { BatchReader } from './batch-reader.ts'
import { isUnusedRoom } from './unused-room.ts'

const WINDOW_BYTES = 4 * 1024 * 1024
const MAGIC_AT = 16

/** Batches that follow one another in a file, undamaged. */
export interface GoodStretch {
  readonly position: number
  readonly end: number
  readonly firstOffset: number
  readonly nextOffset: number
}

/** A stretch of a file that is not readable as batches. */
export interface BadStretch {
  readonly position: number
  readonly end: number
  readonly problem: string
}

export interface GoodBatches {
  readonly size: number
  readonly good: readonly GoodStretch[]
  readonly bad: readonly BadStretch[]
}

/**
 * What of a segment can be read: where a batch is damaged, the next one that is right is looked for, byte by byte. One that
 * is right has offsets in `[baseOffset, limit)` that follow those before it, and a CRC that matches. The last segment, which
 * has no limit, may end in room that a process that was killed left unused: that is neither good nor bad.
 */
export function findGoodBatches(disk: Disk, path: string, baseOffset: number, limit: number): GoodBatches {
  const file = disk.open(path, 'read')
  try {
    const size = file.size()
    const good: GoodStretch[] = []
    const bad: BadStretch[] = []
    let nextOffset = baseOffset
    for (let position = 0; position < size; ) {
      const { stretch, problem } = readStretch(file, position, size, nextOffset, limit)
      if (stretch.end > stretch.position) good.push(stretch)
      nextOffset = stretch.nextOffset
      if (problem === null || (limit === Number.POSITIVE_INFINITY && isUnusedRoom(file, stretch.end, size))) break
      position = nextGoodPosition(file, stretch.end + 1, size, nextOffset, limit)
      bad.push({ position: stretch.end, end: position, problem })
    }
    return { size, good, bad }
  } finally {
    file.close()
  }
}

function readStretch(
  file: DiskFile,
  position: number,
  size: number,
  from: number,
  limit: number,
): { stretch: GoodStretch; problem: string | null } {
  const reader = new BatchReader()
  let firstOffset = from
  let nextOffset = from
  let end = position
  let problem: string | null = null
  reader.open(file, position, size, true)
  while (problem === null && reader.next()) {
    const { header } = reader
    if (header.baseOffset < nextOffset) problem = `offset ${header.baseOffset} comes after ${nextOffset - 1}`
    else if (header.lastOffsetDelta < 0) problem = `the last offset delta is ${header.lastOffsetDelta}`
    else if (header.nextOffset > limit) problem = `offset ${header.lastOffset} belongs to a later segment`
    else {
      if (end === position) firstOffset = header.baseOffset
      nextOffset = header.nextOffset
      end = reader.nextPosition
    }
  }
  return { stretch: { position, end, firstOffset, nextOffset }, problem: problem ?? reader.problem }
}

/**
 * Where the next right batch begins at or after `position`, with offsets in `[from, limit)`; the file's size when there is none.
 */
export function nextGoodPosition(file: DiskFile, position: number, size: number, from: number, limit: number): number {
  let buffer = Buffer.allocUnsafe(0)
  let view = viewOf(buffer)
  let windowStart = position
  const header = new BatchHeader()
  for (let at = position; at + RECORDS <= size; at++) {
    if (at + RECORDS > windowStart + buffer.length) {
      windowStart = at
      buffer = Buffer.allocUnsafe(Math.min(WINDOW_BYTES, size - at))
      view = viewOf(buffer)
      file.read(buffer, 0, buffer.length, at)
    }
    const start = at - windowStart
    if (view.getInt8(start + MAGIC_AT) !== 2) continue
    readBatchHeader(view, start, header)
    const { sizeInBytes, baseOffset, lastOffsetDelta, nextOffset } = header
    const isPlausible = baseOffset >= from && lastOffsetDelta >= 0 && nextOffset <= limit
    if (isPlausible && sizeInBytes >= RECORDS && at + sizeInBytes <= size && isRight(file, at, sizeInBytes)) return at
  }
  return size
}

function isRight(file: DiskFile, position: number, size: number): boolean {
  const batch = Buffer.allocUnsafe(size)
  return file.read(batch, 0, size, position) === size && verifyBatchCrc(batch, viewOf(batch), 0)
}
