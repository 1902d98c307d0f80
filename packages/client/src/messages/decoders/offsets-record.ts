import {
  decodeGroupMetadataValue,
  decodeGroupRecordKey,
  decodeOffsetCommitValue,
  encodeGroupMetadataKey,
  encodeGroupMetadataValue,
  encodeOffsetCommitKey,
  encodeOffsetCommitValue,
} from '@odradek/protocol'
import type { Decoders } from '../filter/cel-filter.ts'

/** Where brokers keep what groups have committed. */
const OFFSETS_TOPIC = '__consumer_offsets'

/** The decoders of a topic where nobody chose others: what brokers keep for groups is not told by its bytes alone. */
export function decodersOf(topic: string, { key, value }: Decoders): Decoders {
  if (topic !== OFFSETS_TOPIC) return { key, value }
  return { key: key === 'auto' ? 'offsets' : key, value: value === 'auto' ? 'offsets' : value }
}

/**
 * Reads a key or a value of `__consumer_offsets`. Which of them the bytes are they do not say: they are what gives the same bytes when
 * it is written again. Throws where that is nothing.
 */
export function decodeOffsetsRecord(bytes: Buffer): unknown {
  if (bytes.length < 2) throw new RangeError('Fewer than two bytes: there is no version.')
  const version = bytes.readInt16BE(0)
  for (const read of [readKey, readCommit, readGroup]) {
    try {
      const { value, again } = read(bytes, version)
      if (again.equals(bytes)) return value
    } catch {
      // Not this one.
    }
  }
  throw new RangeError(`The bytes (version ${version}) are neither a commit nor a classic group.`)
}

interface Read {
  readonly value: object
  readonly again: Buffer
}

function readKey(bytes: Buffer): Read {
  const key = decodeGroupRecordKey(bytes)
  if (key.kind === 'other') throw new RangeError('a kind of group that is not read here')
  const again = key.kind === 'offsetCommit' ? encodeOffsetCommitKey(key) : encodeGroupMetadataKey(key)
  // Version 0 of a commit's key is the same but for its number.
  if (key.kind === 'offsetCommit') again.writeInt16BE(bytes.readInt16BE(0), 0)
  return { value: key, again }
}

function readCommit(bytes: Buffer, version: number): Read {
  const value = decodeOffsetCommitValue(bytes)
  return { value, again: encodeOffsetCommitValue(value, version) }
}

function readGroup(bytes: Buffer, version: number): Read {
  const value = decodeGroupMetadataValue(bytes)
  const again = encodeGroupMetadataValue(value, version)
  const members = value.members.map(({ subscription, assignment, ...member }) => ({
    ...member,
    subscription: hex(subscription),
    assignment: hex(assignment),
  }))
  return { value: { ...value, members }, again }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
