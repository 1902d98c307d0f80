import { randomBytes, randomInt } from 'node:crypto'
import type { Random } from '../random.ts'

/** Randomness from the system's cryptographic generator. */
export function createNodeRandom(): Random {
  return {
    bytes: (length) => randomBytes(length),
    below: (bound) => randomInt(bound),
    uuid: () => uuidFrom(randomBytes),
  }
}

/** A version 4 UUID (RFC 9562) in Kafka's text form, from sixteen bytes of `bytes`, drawn again if it begins with a dash. */
export function uuidFrom(bytes: (length: number) => Buffer): string {
  for (;;) {
    const uuid = bytes(16)
    uuid[6] = (uuid[6]! & 0x0f) | 0x40
    uuid[8] = (uuid[8]! & 0x3f) | 0x80
    const text = uuid.toString('base64url')
    if (!text.startsWith('-')) return text
  }
}
