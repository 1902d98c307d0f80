import type { Random } from '../host/random.ts'

/** A fresh member id as Kafka makes it: the client's own id (a static member's instance id), a dash, a version 4 UUID. */
export function newMemberId(random: Random, prefix: string): string {
  const bytes = random.bytes(16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  const uuid = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
  return `${prefix}-${uuid}`
}
