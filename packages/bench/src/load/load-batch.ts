import { encodeBatch, type Slice, sliceOf } from '@odradek/protocol'

/**
 * One batch of records without keys, uncompressed, of its own random bytes: the same `seed` gives the same batch. With a
 * `delayMs` above 0 each has the header of a timed message.
 */
export function encodeLoadBatch(records: number, recordBytes: number, seed: number, delayMs = 0): Slice {
  const timestamp = Date.now()
  let state = (seed * 0x9e37_79b9 + 1) >>> 0
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
  const headers = delayMs > 0 ? [{ key: 'TIMER_DELAY_MS', value: String(delayMs) }] : []
  const value = () => {
    const bytes = Buffer.allocUnsafe(recordBytes)
    for (let at = 0; at < recordBytes; at++) bytes[at] = next()
    return { value: bytes, headers, timestamp }
  }
  return sliceOf(encodeBatch({ records: Array.from({ length: records }, value) }))
}
