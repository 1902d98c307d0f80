import type { DiskFile } from '../host/disk.ts'

/**
 * What a range of a segment refers to: reads like a DiskFile, as long as the segment is there, also when its file was
 * closed meanwhile to keep few open.
 */
export class SegmentReader {
  readonly #segment: { readonly file: DiskFile }

  constructor(segment: { readonly file: DiskFile }) {
    this.#segment = segment
  }

  get path(): string {
    return this.#segment.file.path
  }

  /** As DiskFile.read. */
  read(buffer: Uint8Array, start: number, end: number, position: number): number {
    return this.#segment.file.read(buffer, start, end, position)
  }
}
