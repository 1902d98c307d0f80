import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { encodeGroupMetadataKey, ProtocolError } from '@odradek/protocol'
import type { GroupRecord } from './group-record.ts'
import { groupRecordCodec } from './group-record-codec.ts'

const offset = {
  leaderEpoch: 4,
  metadata: 'm',
  commitTimestamp: 99,
  expireTimestamp: -1,
  topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
}
const member = {
  memberId: 'm1',
  groupInstanceId: 'rack-1',
  clientId: 'app',
  clientHost: '/127.0.0.1',
  rebalanceTimeout: 60_000,
  sessionTimeout: 10_000,
  subscription: Buffer.from('wants'),
  assignment: Buffer.from('has'),
}
const records: GroupRecord[] = [
  {
    kind: 'group',
    groupId: 'g',
    value: {
      protocolType: 'consumer',
      generation: 3,
      protocol: 'range',
      leader: 'm1',
      currentStateTimestamp: 77,
      members: [member],
    },
  },
  { kind: 'groupRemoved', groupId: 'g' },
  { kind: 'offset', groupId: 'g', topic: 'orders', partition: 7, value: { ...offset, offset: 42 } },
  { kind: 'offsetRemoved', groupId: 'g', topic: 'orders', partition: 7 },
]

describe('group records', () => {
  for (const record of records) {
    test(`${record.kind} comes back as it was`, () => {
      const { key, value } = groupRecordCodec.encode(record)
      assert.deepEqual(groupRecordCodec.decode(key, value), record)
    })
  }

  test('an offset without a topic id has the bytes Kafka writes', () => {
    const value = { offset: 1, leaderEpoch: -1, metadata: '', commitTimestamp: 2, expireTimestamp: -1 }
    const record = { kind: 'offset', groupId: 'g', topic: 't', partition: 3 } as const
    const encoded = groupRecordCodec.encode({ ...record, value: { ...value, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' } })
    assert.equal(encoded.key.toString('hex'), '0001000167000174' + '00000003')
    assert.equal(encoded.value!.toString('hex'), '0003' + '0000000000000001' + 'ffffffff' + '0000' + '0000000000000002')
  })

  test('a record of a newer kind is passed over, a damaged one an error', () => {
    const newer = encodeGroupMetadataKey({ group: 'g' })
    newer.writeInt16BE(3, 0)
    assert.equal(groupRecordCodec.decode(newer, null), null)
    assert.throws(() => groupRecordCodec.decode(Buffer.from([0, 2, 0, 9]), null), ProtocolError)
  })
})
