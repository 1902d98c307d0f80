import type { Segment } from './segment.ts'

/** The segments of a log in the order of their offsets. */
export class SegmentList {
  readonly #segments: Segment[] = []

  get all(): readonly Segment[] {
    return this.#segments
  }

  get length(): number {
    return this.#segments.length
  }

  get first(): Segment | undefined {
    return this.#segments[0]
  }

  /** The newest: the active one. */
  get last(): Segment | undefined {
    return this.#segments[this.#segments.length - 1]
  }

  at(index: number): Segment | undefined {
    return this.#segments[index]
  }

  /** Adds a segment after all others. */
  push(segment: Segment): void {
    this.#segments.push(segment)
  }

  remove(segment: Segment): void {
    const index = this.#segments.indexOf(segment)
    if (index >= 0) this.#segments.splice(index, 1)
  }

  /** Puts `made` where `old`, neighbours of each other, were. */
  replace(old: readonly Segment[], made: Segment): void {
    this.#segments.splice(this.#segments.indexOf(old[0]!), old.length, made)
  }

  /** The index of the last segment that begins at or before `offset`, -1 when all begin after it. */
  floorIndex(offset: number): number {
    const segments = this.#segments
    let low = 0
    let high = segments.length
    // Most reads are at the tail.
    if (high > 0 && segments[high - 1]!.baseOffset <= offset) return high - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (segments[middle]!.baseOffset <= offset) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}
