/** How many fetches wait for records: bounded by `fetch.parked.max`. */
export class ParkedFetches {
  readonly #max: () => number
  #count = 0

  constructor(max: () => number) {
    this.#max = max
  }

  get count(): number {
    return this.#count
  }

  /** One more waits; false where as many as may do already. */
  enter(): boolean {
    if (this.#count >= this.#max()) return false
    this.#count += 1
    return true
  }

  leave(): void {
    this.#count -= 1
  }
}
