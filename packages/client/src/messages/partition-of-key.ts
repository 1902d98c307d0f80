/**
 * The partition that Kafka's own clients choose for a key: murmur2 of its bytes, without the sign, modulo the count.
 * Source: the Java client's DefaultPartitioner.
 */
export function partitionOfKey(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fff_ffff) % partitions
}

const SEED = 0x9747b28c
const M = 0x5bd1e995

/** murmur2 as the Java client computes it, in int32. */
export function murmur2(data: Uint8Array): number {
  const { length } = data
  let hash = SEED ^ length
  let at = 0
  for (; at + 4 <= length; at += 4) {
    let word = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24)
    word = Math.imul(word, M)
    word ^= word >>> 24
    word = Math.imul(word, M)
    hash = Math.imul(hash, M) ^ word
  }
  const rest = length - at
  if (rest === 3) hash ^= data[at + 2]! << 16
  if (rest >= 2) hash ^= data[at + 1]! << 8
  if (rest >= 1) hash = Math.imul(hash ^ data[at]!, M)
  hash ^= hash >>> 13
  hash = Math.imul(hash, M)
  return hash ^ (hash >>> 15)
}
