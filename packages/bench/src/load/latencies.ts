/** 128 buckets to each power of two: under 1 % of error. */
const BUCKETS_PER_OCTAVE = 128
const OCTAVES = 26
/** The smallest step, 0.1 µs: 32 bits of it are seven minutes. */
const UNITS_PER_MS = 10_000
const UNITS_MAX = 0xffff_ffff

/** A histogram of latencies that costs the same however many there are. */
export class Latencies {
  readonly #counts = new Float64Array(BUCKETS_PER_OCTAVE * OCTAVES)
  #count = 0
  #max = 0

  get count(): number {
    return this.#count
  }

  /** The longest, in milliseconds. */
  get max(): number {
    return this.#max
  }

  add(ms: number): void {
    const units = Math.min(Math.max(Math.round(ms * UNITS_PER_MS), 0), UNITS_MAX)
    const shift = Math.max(0, 24 - Math.clz32(units))
    const bucket = shift * BUCKETS_PER_OCTAVE + (units >>> shift)
    this.#counts[bucket]! += 1
    this.#count += 1
    if (ms > this.#max) this.#max = ms
  }

  /** The latency below which a share `quantile` of all lies, in milliseconds; 0 when there are none. */
  quantile(quantile: number): number {
    const rank = Math.min(Math.floor(this.#count * quantile), this.#count - 1)
    let below = 0
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      below += this.#counts[bucket]!
      if (below > rank) return Math.min(middleOf(bucket) / UNITS_PER_MS, this.#max)
    }
    return 0
  }
}

/** Buckets 0 to 255 are one unit wide, each following 128 twice as wide as those before. */
function middleOf(bucket: number): number {
  if (bucket < 2 * BUCKETS_PER_OCTAVE) return bucket
  const shift = Math.floor(bucket / BUCKETS_PER_OCTAVE) - 1
  const lowest = (bucket - shift * BUCKETS_PER_OCTAVE) * 2 ** shift
  return lowest + 2 ** shift / 2
}
