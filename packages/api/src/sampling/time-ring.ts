/** The last values of some figures, sampled together: a bounded ring. A figure that could not be learned is NaN, a gap. */
export class TimeRing<Name extends string> {
  readonly names: readonly Name[]
  readonly pointsMax: number
  readonly #times: Float64Array
  readonly #values: Readonly<Record<Name, Float64Array>>
  #next = 0
  #length = 0

  constructor(names: readonly Name[], pointsMax: number) {
    this.names = names
    this.pointsMax = pointsMax
    this.#times = new Float64Array(pointsMax)
    this.#values = Object.fromEntries(names.map((name) => [name, new Float64Array(pointsMax)])) as Record<
      Name,
      Float64Array
    >
  }

  push(atMs: number, values: Readonly<Record<Name, number | null>>): void {
    this.#times[this.#next] = atMs
    for (const name of this.names) this.#values[name][this.#next] = values[name] ?? Number.NaN
    this.#next = (this.#next + 1) % this.pointsMax
    this.#length = Math.min(this.#length + 1, this.pointsMax)
  }

  /** Oldest first, from `sinceMs` on; at most `pointsMax` of them. */
  since(sinceMs = 0): { atMs: number[]; values: Record<Name, (number | null)[]> } {
    const atMs: number[] = []
    const values = Object.fromEntries(this.names.map((name) => [name, [] as (number | null)[]])) as Record<
      Name,
      (number | null)[]
    >
    for (let i = 0; i < this.#length; i++) {
      const at = (this.#next - this.#length + i + this.pointsMax) % this.pointsMax
      if (this.#times[at]! < sinceMs) continue
      atMs.push(this.#times[at]!)
      for (const name of this.names) {
        const value = this.#values[name][at]!
        values[name].push(Number.isNaN(value) ? null : value)
      }
    }
    return { atMs, values }
  }

  /** The newest point, or null. */
  get newest(): { atMs: number; values: Record<Name, number | null> } | null {
    if (this.#length === 0) return null
    const at = (this.#next - 1 + this.pointsMax) % this.pointsMax
    return {
      atMs: this.#times[at]!,
      values: Object.fromEntries(this.names.map((name) => [name, this.last(name)])) as Record<Name, number | null>,
    }
  }

  /** The newest value of a figure, or null. */
  last(name: Name): number | null {
    if (this.#length === 0) return null
    const value = this.#values[name][(this.#next - 1 + this.pointsMax) % this.pointsMax]!
    return Number.isNaN(value) ? null : value
  }
}
