/** Looks now and then for followers that have fallen behind their leader here; not at all while no partition has any. */
import type { Timer, Timers } from '../host/clock.ts'
import type { Partition } from './partition.ts'

export class LagWatch {
  readonly #timers: Timers
  readonly #partitions: Iterable<Partition>
  readonly #lagMsMax: () => number
  #timer: Timer | null = null
  #isClosed = false

  /** `lagMsMax`: how long a follower may lack what its leader has, now. */
  constructor(timers: Timers, partitions: Iterable<Partition>, lagMsMax: () => number) {
    this.#timers = timers
    this.#partitions = partitions
    this.#lagMsMax = lagMsMax
  }

  /** A partition is led that may have followers. */
  led({ followers }: Partition): void {
    if (followers === null || this.#timer !== null || this.#isClosed) return
    this.#timer = this.#timers.after(this.#lagMsMax() / 2, () => this.#look())
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  #look(): void {
    this.#timer = null
    let followed: Partition | null = null
    for (const partition of this.#partitions) {
      partition.checkLag(this.#lagMsMax())
      if (partition.followers !== null) followed = partition
    }
    if (followed !== null) this.led(followed)
  }
}
