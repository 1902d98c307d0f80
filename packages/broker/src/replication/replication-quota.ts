import type { Clock } from '../host/clock.ts'

/**
 * How many bytes a second replicas that catch up may take, on one side of the copying. What was taken is a debt that time
 * pays: until then no more is taken. One answer may go beyond; over time the rate holds, also one that is changed.
 */
export class ReplicationQuota {
  readonly #clock: Pick<Clock, 'monotonic'>
  readonly #bytesPerSecond: () => number
  #debtBytes = 0
  /** Monotonic: when the debt was that. */
  #at = 0

  constructor(clock: Pick<Clock, 'monotonic'>, bytesPerSecond: () => number) {
    this.#clock = clock
    this.#bytesPerSecond = bytesPerSecond
  }

  took(bytes: number): void {
    this.#pay()
    this.#debtBytes += bytes
  }

  /** Milliseconds until more may be taken; 0 for now. */
  get delayMs(): number {
    this.#pay()
    return (1000 * this.#debtBytes) / this.#bytesPerSecond()
  }

  #pay(): void {
    const now = this.#clock.monotonic()
    this.#debtBytes = Math.max(0, this.#debtBytes - ((now - this.#at) * this.#bytesPerSecond()) / 1000)
    this.#at = now
  }
}

/** Whether a list such as `0:1,0:2` (partition, broker), or `*`, names the replica of a partition that a broker has. */
export function namesReplica(list: readonly string[], partition: number, broker: number): boolean {
  if (list.length === 0) return false
  return list.includes('*') || list.includes(`${partition}:${broker}`)
}
