import type { BatchHeader } from '@odradek/protocol'
import { OffsetIndex } from './offset-index.ts'
import { TimeIndex } from './time-index.ts'

/** Makes the offset and the time index of a segment from its batches, for files that are written as a whole. */
export class SegmentIndexBuilder {
  readonly offsets: OffsetIndex
  readonly times: TimeIndex
  readonly #indexIntervalBytes: number
  #bytesSinceEntry = 0
  #maxTimestamp = -1
  #maxTimestampOffset = -1

  constructor(baseOffset: number, indexIntervalBytes: number) {
    this.offsets = new OffsetIndex(baseOffset)
    this.times = new TimeIndex(baseOffset)
    this.#indexIntervalBytes = indexIntervalBytes
  }

  /** Notes a batch of `size` bytes at `position`. */
  track(header: BatchHeader, position: number, size: number): void {
    if (header.maxTimestamp > this.#maxTimestamp) {
      this.#maxTimestamp = header.maxTimestamp
      this.#maxTimestampOffset = header.lastOffset
    }
    if (this.#bytesSinceEntry > this.#indexIntervalBytes) {
      this.offsets.append(header.lastOffset, position)
      this.times.append(this.#maxTimestamp, this.#maxTimestampOffset)
      this.#bytesSinceEntry = 0
    }
    this.#bytesSinceEntry += size
  }

  /** All batches were tracked. */
  finish(): void {
    this.times.append(this.#maxTimestamp, this.#maxTimestampOffset)
  }
}
