/**
 * The records of `__consumer_offsets` in Kafka's own format, so that its tools read ours and we read its files.
 * Key and value are each an int16 version and then the message. The key's version says what the record is about:
 *
 *     0, 1   a committed offset of one partition     value OffsetCommitValue, or none: forgotten
 *     2      a classic group                         value GroupMetadataValue, or none: forgotten
 *     3 ...  groups of the newer kinds (KIP-848, KIP-932), not read here
 */
import { ProtocolError } from '../bytes/protocol-error.ts'
import { Reader, ZERO_UUID } from '../bytes/reader.ts'
import { array, bytes, type Encodable, int32, int64, nullable, string, uuid } from '../schema/fields.ts'
import { type MessageOf, message } from '../schema/message.ts'
import { decodeVersioned, encodeVersioned } from './versioned.ts'

export const OffsetCommitKey = message({
  name: 'OffsetCommitKey',
  versions: [0, 1],
  flexible: null,
  fields: { group: string(), topic: string(), partition: int32() },
})
export type OffsetCommitKey = MessageOf<typeof OffsetCommitKey>

export const OffsetCommitValue = message({
  name: 'OffsetCommitValue',
  versions: [0, 4],
  flexible: 4,
  fields: {
    offset: int64(),
    leaderEpoch: int32({ since: 3, default: -1 }),
    metadata: string(),
    /** In ms since 1970. */
    commitTimestamp: int64(),
    /** In ms since 1970; -1: by the broker's retention. */
    expireTimestamp: int64({ since: 1, until: 1, default: -1 }),
    topicId: uuid({ since: 4, tag: 0, default: ZERO_UUID }),
  },
})
export type OffsetCommitValue = MessageOf<typeof OffsetCommitValue>

export const GroupMetadataKey = message({
  name: 'GroupMetadataKey',
  versions: [2, 2],
  flexible: null,
  fields: { group: string() },
})
export type GroupMetadataKey = MessageOf<typeof GroupMetadataKey>

export const GroupMetadataValue = message({
  name: 'GroupMetadataValue',
  versions: [0, 4],
  flexible: 4,
  fields: {
    protocolType: string(),
    generation: int32(),
    protocol: nullable(string()),
    leader: nullable(string()),
    /** When the group came into this state, in ms since 1970; -1: not known. */
    currentStateTimestamp: int64({ since: 2, default: -1 }),
    members: array({
      memberId: string(),
      groupInstanceId: nullable(string(), { since: 3, default: null }),
      clientId: string(),
      clientHost: string(),
      /** In ms; -1: the session timeout serves. */
      rebalanceTimeout: int32({ since: 1, default: -1 }),
      /** In ms. */
      sessionTimeout: int32(),
      subscription: bytes(),
      assignment: bytes(),
    }),
  },
})
export type GroupMetadataValue = MessageOf<typeof GroupMetadataValue>

/** What a record is about. `other` is a kind of group that has records of its own. */
export type GroupRecordKey =
  | ({ readonly kind: 'offsetCommit' } & OffsetCommitKey)
  | ({ readonly kind: 'groupMetadata' } & GroupMetadataKey)
  | { readonly kind: 'other'; readonly version: number }

const OFFSET_COMMIT_KEY_VERSION = 1
const GROUP_METADATA_KEY_VERSION = 2
const GROUP_METADATA_VALUE_VERSION = 3

/** The key of a committed offset. */
export function encodeOffsetCommitKey(key: OffsetCommitKey): Buffer {
  return encodeVersioned(OffsetCommitKey, key, OFFSET_COMMIT_KEY_VERSION)
}

/**
 * The value of a committed offset, in the oldest version that holds it, as Kafka does: 1 with an expiry of its own,
 * 4 with a topic id, else 3.
 */
export function encodeOffsetCommitValue(
  value: Encodable<typeof OffsetCommitValue.fields>,
  version = offsetCommitValueVersion(value),
): Buffer {
  return encodeVersioned(OffsetCommitValue, value, version)
}

/** The key of a classic group. */
export function encodeGroupMetadataKey(key: GroupMetadataKey): Buffer {
  return encodeVersioned(GroupMetadataKey, key, GROUP_METADATA_KEY_VERSION)
}

/** The value of a classic group, in version 3 as Kafka writes it. */
export function encodeGroupMetadataValue(
  value: Encodable<typeof GroupMetadataValue.fields>,
  version = GROUP_METADATA_VALUE_VERSION,
): Buffer {
  return encodeVersioned(GroupMetadataValue, value, version)
}

/** What a record is about; a `ProtocolError` for malformed bytes. */
export function decodeGroupRecordKey(key: Buffer): GroupRecordKey {
  const reader = new Reader(key)
  const version = reader.int16()
  if (version < 0) throw new ProtocolError(`group record key of version ${version}`, 0)
  if (version <= 1) return { kind: 'offsetCommit', ...OffsetCommitKey.decode(reader, version) }
  if (version === 2) return { kind: 'groupMetadata', ...GroupMetadataKey.decode(reader, version) }
  return { kind: 'other', version }
}

/** A committed offset; a `ProtocolError` for malformed bytes or a newer version. */
export function decodeOffsetCommitValue(value: Buffer): OffsetCommitValue {
  return decodeVersioned(OffsetCommitValue, value)
}

/** A classic group; a `ProtocolError` for malformed bytes or a newer version. */
export function decodeGroupMetadataValue(value: Buffer): GroupMetadataValue {
  return decodeVersioned(GroupMetadataValue, value)
}

function offsetCommitValueVersion(value: Encodable<typeof OffsetCommitValue.fields>): number {
  if (value.expireTimestamp !== undefined && value.expireTimestamp !== -1) return 1
  return value.topicId !== undefined && value.topicId !== ZERO_UUID ? 4 : 3
}
