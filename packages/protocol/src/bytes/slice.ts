/**
 * A range of bytes inside a larger buffer, with the one DataView that was made for that buffer.
 * It is *borrowed*: valid until the call it was passed to returns. Keep bytes by copying them.
 */
export interface Slice {
  readonly buffer: Buffer
  readonly view: DataView
  readonly start: number
  /** One past the last byte. */
  readonly end: number
}

/** The whole of `buffer` as a slice. */
export function sliceOf(buffer: Buffer): Slice {
  return { buffer, view: viewOf(buffer), start: 0, end: buffer.length }
}

/** One DataView over exactly the bytes of `buffer`, so that positions in both agree. */
export function viewOf(buffer: Uint8Array): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}

/**
 * Bytes that are still in a file. `encode` leaves room for them and notes where they belong; the network sends them
 * from the page cache (or reads them in). `file` is opaque to the protocol.
 */
export interface FileRange {
  readonly file: unknown
  readonly position: number
  readonly length: number
}
