import type { Disk } from '../host/disk.ts'
import type { Job } from '../host/offload.ts'
import { BatchReader } from './batch-reader.ts'

/** A stretch of a closed segment to be read and checked. */
export interface ScrubArgs {
  /** Of the `.log` file. */
  readonly path: string
  /** Where a batch begins. */
  readonly position: number
  /** No batch from there on may have a lower offset. */
  readonly nextOffset: number
  /** Ends after the batch with which so much was read. */
  readonly bytesMax: number
}

export interface ScrubResult {
  /** Where the next batch begins, and the offset after the last; of the batch that is damaged where one is. */
  readonly position: number
  readonly nextOffset: number
  readonly isEnd: boolean
  readonly readBytes: number
  readonly problem: string | null
}

/** Reads a stretch of a closed segment: lengths, CRCs, offsets that rise. */
export const job: Job<ScrubArgs, ScrubResult> = { module: import.meta.url, run: scrubStretch }

function scrubStretch(disk: Disk, { path, position, nextOffset, bytesMax }: ScrubArgs): ScrubResult {
  const file = disk.open(path, 'read')
  const reader = new BatchReader()
  let next = nextOffset
  let problem: string | null = null
  try {
    const size = file.size()
    reader.open(file, position, size, true)
    while (reader.position - position < bytesMax && reader.next()) {
      const { header } = reader
      if (header.baseOffset < next) problem = `offset ${header.baseOffset} comes after ${next - 1}`
      else if (header.lastOffsetDelta < 0) problem = `the last offset delta is ${header.lastOffsetDelta}`
      if (problem !== null) break
      next = header.nextOffset
    }
    problem ??= reader.problem
    const end = problem === null ? reader.nextPosition : reader.position
    return { position: end, nextOffset: next, isEnd: end === size, readBytes: end - position, problem }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EIO') throw error
    const at = reader.nextPosition
    return { position: at, nextOffset: next, isEnd: false, readBytes: at - position, problem: 'it cannot be read: EIO' }
  } finally {
    file.close()
  }
}
