/**
 * Latency histograms, one per row, in two flat arrays: recording is a few instructions and allocates nothing. Buckets are
 * powers of two in microseconds, so that the bucket of a time is the position of its highest bit.
 */

/** Upper bounds are 2^FIRST_BIT … 2^LAST_BIT µs: 32 µs to 33.6 s; one bucket more has the rest. */
const FIRST_BIT = 5
const LAST_BIT = 25
const BUCKETS = LAST_BIT - FIRST_BIT + 2
const MICROSECONDS_MAX = 2 ** 31 - 1

/** Upper bounds of all buckets but the last, in seconds. */
export const BUCKET_BOUNDS_SECONDS: readonly number[] = Array.from(
  { length: BUCKETS - 1 },
  (_, bucket) => 2 ** (bucket + FIRST_BIT) / 1e6,
)

/** One row as it is reported. */
export interface LatencyRow {
  /** How many were at or below each bound of `BUCKET_BOUNDS_SECONDS`. */
  readonly cumulative: readonly number[]
  readonly count: number
  readonly sumSeconds: number
}

export class LatencyHistograms {
  readonly #counts: Float64Array
  readonly #sumsMs: Float64Array

  constructor(rows: number) {
    this.#counts = new Float64Array(rows * BUCKETS)
    this.#sumsMs = new Float64Array(rows)
  }

  /** Notes a time of `ms` milliseconds; a clock that seems to go back counts as 0. */
  record(row: number, ms: number): void {
    const time = Math.max(ms, 0)
    const microseconds = Math.min(time * 1000, MICROSECONDS_MAX) | 0
    // Bounds are included: 2^n µs itself belongs to the bucket below.
    const bit = 32 - Math.clz32(microseconds > 0 ? microseconds - 1 : 0)
    const bucket = bit <= FIRST_BIT ? 0 : bit > LAST_BIT ? BUCKETS - 1 : bit - FIRST_BIT
    const at = row * BUCKETS + bucket
    this.#counts[at] = this.#counts[at]! + 1
    this.#sumsMs[row] = this.#sumsMs[row]! + time
  }

  /** What a row holds now. */
  read(row: number): LatencyRow {
    const cumulative: number[] = []
    let count = 0
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      count += this.#counts[row * BUCKETS + bucket]!
      if (bucket < BUCKETS - 1) cumulative.push(count)
    }
    return { cumulative, count, sumSeconds: this.#sumsMs[row]! / 1000 }
  }
}
