/** Of indexes of closed segments in memory, of all logs together: those of a segment of 1 GiB have 1 to 5 MiB. */
export const LOADED_INDEXES_BYTES_MAX = 16 * 1024 * 1024

/** How many of the oldest are asked before the bound is exceeded for a while. */
const ASKED_MAX = 16

/** Something that holds a resource and can do without for a while. */
export interface Holder {
  /** Whether it cannot do without now: what it holds is nowhere else yet. */
  readonly pinned: boolean
  /** How much it holds, in the unit of the bound [1]. */
  readonly weight?: number
  /** Lets go; the resource will be taken again when needed. */
  release(): void
}

/** Bounds how much is held of a resource: past `max`, those that used it least recently let go. */
export class RecencyBound {
  readonly #max: number
  readonly #holdersMax: number
  /** With their weights, as of when they used it last; those that used it least recently first. */
  readonly #holders = new Map<Holder, number>()
  #held = 0

  /** `holdersMax`: so many may hold something in all, those that cannot let go among them; who would be another is to ask. */
  constructor(max: number, holdersMax = Number.POSITIVE_INFINITY) {
    this.#max = max
    this.#holdersMax = holdersMax
  }

  /** Whether another holder would be one too many, though all have let go that can. */
  isCrowded(): boolean {
    if (this.#holders.size >= this.#holdersMax) this.releaseAll()
    return this.#holders.size >= this.#holdersMax
  }

  /** How many hold something. */
  get size(): number {
    return this.#holders.size
  }

  /** Whether `weight` more can be held without anybody's letting go. */
  hasRoomFor(weight: number): boolean {
    return this.#held + weight <= this.#max
  }

  /** Notes that `holder` has taken the resource or just used it. */
  use(holder: Holder): void {
    const holders = this.#holders
    this.drop(holder)
    const weight = holder.weight ?? 1
    holders.set(holder, weight)
    this.#held += weight
    if (this.#held <= this.#max) return
    let asked = 0
    for (const [oldest, weighed] of holders) {
      if (oldest === holder || ++asked > ASKED_MAX) return
      holders.delete(oldest)
      if (oldest.pinned) {
        holders.set(oldest, weighed)
        continue
      }
      this.#held -= weighed
      oldest.release()
      if (this.#held <= this.#max) return
    }
  }

  /** Notes that `holder` has let go by itself. */
  drop(holder: Holder): void {
    const weight = this.#holders.get(holder)
    if (weight === undefined) return
    this.#held -= weight
    this.#holders.delete(holder)
  }

  /** Has all let go that can: the system has no more of it. */
  releaseAll(): void {
    for (const holder of this.#holders.keys()) {
      if (holder.pinned) continue
      this.drop(holder)
      holder.release()
    }
  }
}
