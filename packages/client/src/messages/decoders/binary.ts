import { decode as decodeMsgpackValue } from '@msgpack/msgpack'
import { Decoder } from 'cbor-x'

const cbor = new Decoder({ mapsAsObjects: false, useRecords: false })

/** Decodes one msgpack value; throws where the bytes are not one. int64s are bigints. */
export function decodeMsgpack(data: Buffer): unknown {
  return decodeMsgpackValue(data, { useBigInt64: true, maxDepth: 256 } as { useBigInt64: boolean })
}

/** Decodes one CBOR value (RFC 8949); throws where the bytes are not one. Maps are maps. */
export function decodeCbor(data: Buffer): unknown {
  return cbor.decode(data)
}

/** Whether the first byte begins a msgpack map or list. */
export function looksLikeMsgpack(first: number): boolean {
  return (first >= 0x80 && first <= 0x9f) || (first >= 0xdc && first <= 0xdf)
}

/** Whether the bytes begin as a CBOR map, or with the tag that says "this is CBOR". */
export function looksLikeCbor(data: Buffer): boolean {
  return (data[0]! >= 0xa0 && data[0]! <= 0xbf) || (data[0] === 0xd9 && data[1] === 0xd9 && data[2] === 0xf7)
}
