/** Closed segments whose indexes are in memory, of all logs together; 5 MiB each at most with the defaults. */
export const LOADED_INDEXES_MAX = 100

/** How many of the oldest are asked before the bound is exceeded for a while. */
const ASKED_MAX = 16

/** Something that holds a resource and can do without for a while. */
export interface Holder {
  /** Whether it cannot do without now: what it holds is nowhere else yet. */
  readonly pinned: boolean
  /** Lets go; the resource will be taken again when needed. */
  release(): void
}

/** Bounds how many hold a resource: past `max`, those that used it least recently let go. */
export class RecencyBound {
  readonly #max: number
  readonly #holders = new Set<Holder>()

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#holders.size
  }

  /** Notes that `holder` has taken the resource or just used it. */
  use(holder: Holder): void {
    const holders = this.#holders
    holders.delete(holder)
    holders.add(holder)
    if (holders.size <= this.#max) return
    let asked = 0
    for (const oldest of holders) {
      if (oldest === holder || ++asked > ASKED_MAX) return
      holders.delete(oldest)
      if (oldest.pinned) {
        holders.add(oldest)
        continue
      }
      oldest.release()
      if (holders.size <= this.#max) return
    }
  }

  /** Notes that `holder` has let go by itself. */
  drop(holder: Holder): void {
    this.#holders.delete(holder)
  }

  /** Has all let go that can: the system has no more of it. */
  releaseAll(): void {
    for (const holder of this.#holders) {
      if (holder.pinned) continue
      this.#holders.delete(holder)
      holder.release()
    }
  }
}
