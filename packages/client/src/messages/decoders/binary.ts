import { Decoder as MsgpackDecoder } from '@msgpack/msgpack'
import { Decoder, setSizeLimits } from 'cbor-x'

const ITEMS_MAX = 100_000
const DEPTH_MAX = 128
const cbor = new Decoder({ mapsAsObjects: false, useRecords: false })

/** Decodes one msgpack value; throws where the bytes are not one. int64s are bigints; claimed lengths are bounded. */
export function decodeMsgpack(data: Buffer): unknown {
  const length = Math.min(ITEMS_MAX, data.length)
  const decoder = new MsgpackDecoder({
    useBigInt64: true,
    maxArrayLength: length,
    maxMapLength: length,
    maxStrLength: data.length,
    maxBinLength: data.length,
    maxExtLength: data.length,
  })
  return bounded(decoder.decode(data), 0)
}

/** Decodes one CBOR value (RFC 8949); throws where the bytes are not one. Maps are maps; claimed lengths are bounded. */
export function decodeCbor(data: Buffer): unknown {
  const length = Math.max(64, Math.min(ITEMS_MAX, data.length))
  setSizeLimits({ maxArraySize: length, maxMapSize: length, maxObjectSize: length })
  return bounded(cbor.decode(data), 0)
}

/** Whether the first byte begins a msgpack map or list. */
export function looksLikeMsgpack(first: number): boolean {
  return (first >= 0x80 && first <= 0x9f) || (first >= 0xdc && first <= 0xdf)
}

/** Whether the bytes begin as a CBOR map, or with the tag that says "this is CBOR". */
export function looksLikeCbor(data: Buffer): boolean {
  return (data[0]! >= 0xa0 && data[0]! <= 0xbf) || (data[0] === 0xd9 && data[1] === 0xd9 && data[2] === 0xf7)
}

/** The value, if it is not nested deeper than what comes after can walk. */
function bounded(value: unknown, depth: number): unknown {
  if (depth > DEPTH_MAX) throw new RangeError(`More than ${DEPTH_MAX} levels`)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  const inner = value instanceof Map ? value.values() : Array.isArray(value) ? value : Object.values(value)
  for (const item of inner) bounded(item, depth + 1)
  return value
}
