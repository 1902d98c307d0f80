import { uuidFrom } from '../node/random.ts'
import type { Random } from '../random.ts'

/**
 * Seeded randomness: Chris Doty-Humphrey's `sfc32` (PractRand), its state filled by Steele, Lea and Flood's `splitmix`
 * in its 32-bit form with MurmurHash3's finalizer. Nothing here is for secrets.
 */
export class SimRandom implements Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number) {
    const next = splitmix32(seed)
    this.#a = next()
    this.#b = next()
    this.#c = next()
    for (let i = 0; i < 12; i++) this.next()
  }

  /** The next 32 bits, as a number from 0 to 2^32 - 1. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  below(bound: number): number {
    return Math.floor(this.fraction() * bound)
  }

  /** From 0 up to but not including 1, with 53 random bits. */
  fraction(): number {
    const high = this.next() >>> 5
    const low = this.next() >>> 6
    return (high * 0x4000000 + low) / 2 ** 53
  }

  /** From `least` up to but not including `bound`. */
  between(least: number, bound: number): number {
    return least + this.fraction() * (bound - least)
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  bytes(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    for (let i = 0; i < length; i++) bytes[i] = this.next() >>> 24
    return bytes
  }

  uuid(): string {
    return uuidFrom((length) => this.bytes(length))
  }

  /** An independent stream, so that what one user draws does not shift what another gets. */
  fork(): SimRandom {
    return new SimRandom(this.next())
  }
}

function splitmix32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x9e3779b9) | 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35)
    return z ^ (z >>> 16)
  }
}
