import { type DiskFile, ZEROS_BYTES_MAX } from '../host/disk.ts'

/** Room ahead of a growing segment's batches is filled with zeros up to a multiple of so many bytes (segment.ts). */
export const ROOM_BYTES = ZEROS_BYTES_MAX

const ZEROS = Buffer.alloc(ROOM_BYTES)

/**
 * Whether nothing but such room lies in `[position, size)`: a process that was killed leaves it behind the last batch. A batch
 * is never taken for it, as none begins with so many zeros.
 */
export function isUnusedRoom(file: DiskFile, position: number, size: number): boolean {
  const length = size - position
  if (length > ROOM_BYTES || size % ROOM_BYTES !== 0) return false
  const bytes = Buffer.allocUnsafe(length)
  return file.read(bytes, 0, length, position) === length && bytes.equals(ZEROS.subarray(0, length))
}
