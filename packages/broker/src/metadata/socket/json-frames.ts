/**
 * Messages on a byte stream between processes of one machine: four bytes of length (big-endian), then JSON as UTF-8.
 */

/** A list of all metadata is one message: 10,000 topics of a hundred partitions are some 40 MB. */
const FRAME_BYTES_MAX = 256 * 1024 * 1024

/** One message as it goes over the wire. */
export function encodeFrame(message: unknown): Buffer {
  const json = JSON.stringify(message)
  const length = Buffer.byteLength(json)
  const frame = Buffer.allocUnsafe(4 + length)
  frame.writeUInt32BE(length, 0)
  frame.write(json, 4)
  return frame
}

/** Puts messages together from the chunks of a stream. */
export class FrameDecoder {
  #chunks: Buffer[] = []
  #bytes = 0

  /** The messages that are whole with this chunk. Throws where the bytes are none of ours. */
  push(chunk: Buffer): unknown[] {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    const messages: unknown[] = []
    for (;;) {
      const length = this.#frameLength()
      if (length === null || this.#bytes < 4 + length) return messages
      const all = this.#whole()
      messages.push(JSON.parse(all.toString('utf8', 4, 4 + length)))
      this.#bytes -= 4 + length
      this.#chunks = this.#bytes === 0 ? [] : [all.subarray(4 + length)]
    }
  }

  #frameLength(): number | null {
    if (this.#bytes < 4) return null
    const first = this.#chunks[0]!.length < 4 ? this.#whole() : this.#chunks[0]!
    const length = first.readUInt32BE(0)
    if (length > FRAME_BYTES_MAX) throw new Error(`A message of ${length} bytes is longer than ${FRAME_BYTES_MAX}`)
    return length
  }

  #whole(): Buffer {
    const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
    this.#chunks = [all]
    return all
  }
}
