import type { Pace } from '../host/offload.ts'

/** Looked at after so many bytes, or a tenth of a second's. */
const STEP_BYTES_MAX = 1024 * 1024
const PAUSE_MS_MAX = 1000

/** Holds a job to a rate, by letting it wait. Without a pace it does not wait. */
export class Throttle {
  /** So far. */
  bytes = 0
  readonly #bytesPerSecond: number
  readonly #pace: Pace | undefined
  readonly #stepBytes: number
  readonly #start: number
  #nextAtBytes: number

  constructor(bytesPerSecond: number, pace: Pace | undefined) {
    this.#bytesPerSecond = bytesPerSecond
    this.#pace = pace
    this.#stepBytes = Math.min(STEP_BYTES_MAX, bytesPerSecond / 10)
    this.#nextAtBytes = this.#stepBytes
    this.#start = pace?.monotonic() ?? 0
  }

  /** Counts bytes that were read or written, and waits where they came too soon. */
  spend(bytes: number): void {
    this.bytes += bytes
    if (this.bytes < this.#nextAtBytes || this.#pace === undefined) return
    this.#nextAtBytes = this.bytes + this.#stepBytes
    const dueMs = this.#start + (this.bytes / this.#bytesPerSecond) * 1000
    for (let ms = dueMs - this.#pace.monotonic(); ms > 0; ms = dueMs - this.#pace.monotonic()) {
      this.#pace.pause(Math.min(ms, PAUSE_MS_MAX))
    }
  }
}
