import { viewOf } from '@odradek/protocol'

const LENGTH_BYTES = 4
const FRAME_BYTES_MAX = 100 * 1024 * 1024

/** Input of all connections; what arrives in it is used up before the next read. */
const shared = Buffer.allocUnsafeSlow(256 * 1024)
const sharedView = viewOf(shared)

/** One frame is in `buffer[start, end)`, its length not counted; it is borrowed. */
type Serve = (buffer: Buffer, view: DataView, start: number, end: number) => void

/**
 * Cuts a connection's input into frames where it lies: in a buffer that all connections share. Only a frame that was cut
 * off gets memory of its own, which the rest of it is read into straight away.
 */
export class FrameCutter {
  readonly #serve: Serve
  #frame = Buffer.allocUnsafeSlow(LENGTH_BYTES)
  #view = viewOf(this.#frame)
  /** Bytes of the split frame that are there; 0 when no frame is split. */
  #have = 0
  /** Bytes of it in all; its first four until the length is there. */
  #wanted = 0

  constructor(serve: Serve) {
    this.#serve = serve
  }

  /** Where the next read goes. */
  room(): Buffer {
    return this.#have === 0 ? shared : this.#frame.subarray(this.#have, this.#wanted)
  }

  /** `length` bytes were read into the room; throws a RangeError for lengths that cannot be. */
  received(length: number): void {
    if (this.#have > 0) this.#complete(length)
    else this.#cut(length)
  }

  #cut(length: number): void {
    let at = 0
    while (length - at >= LENGTH_BYTES) {
      const end = at + LENGTH_BYTES + checked(sharedView.getInt32(at))
      if (end > length) break
      this.#serve(shared, sharedView, at + LENGTH_BYTES, end)
      at = end
    }
    if (at === length) return
    const known = length - at >= LENGTH_BYTES
    this.#wanted = known ? LENGTH_BYTES + sharedView.getInt32(at) : LENGTH_BYTES
    this.#grow()
    this.#have = shared.copy(this.#frame, 0, at, length)
  }

  #complete(length: number): void {
    this.#have += length
    if (this.#have < this.#wanted) return
    if (this.#wanted === LENGTH_BYTES) {
      this.#wanted = LENGTH_BYTES + checked(this.#view.getInt32(0))
      this.#grow()
      return
    }
    this.#have = 0
    this.#serve(this.#frame, this.#view, LENGTH_BYTES, this.#wanted)
  }

  #grow(): void {
    if (this.#frame.length >= this.#wanted) return
    const grown = Buffer.allocUnsafeSlow(this.#wanted)
    this.#frame.copy(grown, 0, 0, Math.min(this.#have, grown.length))
    this.#frame = grown
    this.#view = viewOf(grown)
  }
}

function checked(length: number): number {
  if (length <= 0 || length > FRAME_BYTES_MAX) throw new RangeError(`A frame of ${length} bytes`)
  return length
}
