/**
 * Slows down guessing: after some failures a name, or an address, has to wait, twice as long each time. Bounded; the
 * oldest are forgotten first.
 */
/** Whoever fails: a name, or an address, behind which many people may be. */
export interface LoginKey {
  readonly text: string
  /** So many failures cost no wait. */
  readonly freeFailures: number
}

const FIRST_WAIT_MS = 1000
const WAIT_MAX_MS = 15 * 60_000
const KEYS_MAX = 10_000

interface Failures {
  readonly count: number
  readonly untilMs: number
  readonly atMs: number
}

export class LoginLimiter {
  readonly #failures = new Map<string, Failures>()
  readonly #now: () => number

  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** How long these keys have to wait, in milliseconds; 0: they may try. */
  waitMs(keys: readonly LoginKey[]): number {
    const now = this.#now()
    return Math.max(0, ...keys.map(({ text }) => (this.#failures.get(text)?.untilMs ?? 0) - now))
  }

  /** A try begins: it counts as a failure until it succeeds, so that many at once do not all pass. */
  begin(keys: readonly LoginKey[]): void {
    const now = this.#now()
    for (const { text: key, freeFailures } of keys) {
      const known = this.#failures.get(key)
      // Failures of long ago are forgiven.
      const count = known && now - known.atMs < 4 * WAIT_MAX_MS ? known.count + 1 : 1
      const beyond = count - freeFailures
      const wait = beyond < 0 ? 0 : Math.min(WAIT_MAX_MS, FIRST_WAIT_MS * 2 ** beyond)
      this.#failures.delete(key)
      this.#failures.set(key, { count, untilMs: now + wait, atMs: now })
    }
    for (const key of this.#failures.keys()) {
      if (this.#failures.size <= KEYS_MAX) break
      this.#failures.delete(key)
    }
  }

  succeed(keys: readonly LoginKey[]): void {
    for (const { text } of keys) this.#failures.delete(text)
  }
}
