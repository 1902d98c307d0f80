import {
  decodeGroupMetadataValue,
  decodeGroupRecordKey,
  decodeOffsetCommitValue,
  encodeGroupMetadataKey,
  encodeGroupMetadataValue,
  encodeOffsetCommitKey,
  encodeOffsetCommitValue,
} from '@odradek/protocol'
import type { EncodedRecord, RecordCodec } from '../runtime/machine.ts'
import type { GroupRecord } from './group-record.ts'

/** Group records as Kafka writes them to `__consumer_offsets`. */
export const groupRecordCodec: RecordCodec<GroupRecord> = {
  encode(record: GroupRecord): EncodedRecord {
    switch (record.kind) {
      case 'group':
        return {
          key: encodeGroupMetadataKey({ group: record.groupId }),
          value: encodeGroupMetadataValue(record.value),
        }
      case 'groupRemoved':
        return { key: encodeGroupMetadataKey({ group: record.groupId }), value: null }
      case 'offset':
        return { key: offsetKey(record), value: encodeOffsetCommitValue(record.value) }
      case 'offsetRemoved':
        return { key: offsetKey(record), value: null }
      default:
        return record satisfies never
    }
  },

  decode(keyBytes: Buffer, valueBytes: Buffer | null): GroupRecord | null {
    const key = decodeGroupRecordKey(keyBytes)
    switch (key.kind) {
      case 'groupMetadata': {
        const groupId = key.group
        if (valueBytes === null) return { kind: 'groupRemoved', groupId }
        return { kind: 'group', groupId, value: decodeGroupMetadataValue(valueBytes) }
      }
      case 'offsetCommit': {
        const { group: groupId, topic, partition } = key
        if (valueBytes === null) return { kind: 'offsetRemoved', groupId, topic, partition }
        return { kind: 'offset', groupId, topic, partition, value: decodeOffsetCommitValue(valueBytes) }
      }
      case 'other':
        return null
      default:
        return key satisfies never
    }
  },
}

function offsetKey(record: { groupId: string; topic: string; partition: number }): Buffer {
  return encodeOffsetCommitKey({ group: record.groupId, topic: record.topic, partition: record.partition })
}
