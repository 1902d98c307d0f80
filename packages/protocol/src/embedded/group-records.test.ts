import { deepStrictEqual, equal, throws } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ProtocolError } from '../bytes/protocol-error.ts'
import { ZERO_UUID } from '../bytes/reader.ts'
import {
  decodeGroupMetadataValue,
  decodeGroupRecordKey,
  decodeOffsetCommitValue,
  encodeGroupMetadataKey,
  encodeGroupMetadataValue,
  encodeOffsetCommitKey,
  encodeOffsetCommitValue,
} from './group-records.ts'

const text = (content: string) => Buffer.from(content).toString('hex')

describe('a committed offset', () => {
  const key = { group: 'g1', topic: 't', partition: 3 }
  const value = { offset: 258, leaderEpoch: 4, metadata: 'm', commitTimestamp: 1 }

  it('has a key of version 1; version 0 reads the same', () => {
    const written = encodeOffsetCommitKey(key)
    equal(written.toString('hex'), hex(`0001 0002 ${text('g1')} 0001 ${text('t')} 00000003`))
    deepStrictEqual(decodeGroupRecordKey(written), { kind: 'offsetCommit', ...key })
    written.writeInt16BE(0)
    deepStrictEqual(decodeGroupRecordKey(written), { kind: 'offsetCommit', ...key })
  })

  it('is written in version 3', () => {
    const written = encodeOffsetCommitValue(value)
    equal(written.toString('hex'), hex(`0003 0000000000000102 00000004 0001 ${text('m')} 0000000000000001`))
    deepStrictEqual(decodeOffsetCommitValue(written), { ...value, expireTimestamp: -1, topicId: ZERO_UUID })
  })

  it('is written in version 1 when it has an expiry of its own', () => {
    const written = encodeOffsetCommitValue({ ...value, expireTimestamp: 2 })
    equal(written.toString('hex'), hex(`0001 0000000000000102 0001 ${text('m')} 0000000000000001 0000000000000002`))
    const { leaderEpoch: _, ...rest } = value
    deepStrictEqual(decodeOffsetCommitValue(written), {
      ...rest,
      leaderEpoch: -1,
      expireTimestamp: 2,
      topicId: ZERO_UUID,
    })
  })

  it('is written in version 4 when it has a topic id, which is a tag', () => {
    const topicId = 'AAECAwQFBgcICQoLDA0ODw'
    const written = encodeOffsetCommitValue({ ...value, topicId })
    equal(
      written.toString('hex'),
      hex(`0004 0000000000000102 00000004 02 ${text('m')} 0000000000000001 01 00 10 000102030405060708090a0b0c0d0e0f`),
    )
    deepStrictEqual(decodeOffsetCommitValue(written), { ...value, expireTimestamp: -1, topicId })
  })

  it('of a version to come is refused', () => {
    throws(() => decodeOffsetCommitValue(Buffer.from('0005', 'hex')), ProtocolError)
    throws(() => decodeOffsetCommitValue(Buffer.from('0003 0000'.replace(' ', ''), 'hex')), ProtocolError)
  })
})

describe('a classic group', () => {
  const value = {
    protocolType: 'consumer',
    generation: 6,
    protocol: 'range',
    leader: 'm1',
    currentStateTimestamp: 7,
    members: [
      {
        memberId: 'm1',
        groupInstanceId: null,
        clientId: 'c',
        clientHost: '/h',
        rebalanceTimeout: 8,
        sessionTimeout: 9,
        subscription: Buffer.from([1, 2]),
        assignment: Buffer.alloc(0),
      },
    ],
  }

  it('has a key of version 2', () => {
    const written = encodeGroupMetadataKey({ group: 'g1' })
    equal(written.toString('hex'), hex(`0002 0002 ${text('g1')}`))
    deepStrictEqual(decodeGroupRecordKey(written), { kind: 'groupMetadata', group: 'g1' })
  })

  it('is written in version 3', () => {
    const written = encodeGroupMetadataValue(value)
    equal(
      written.toString('hex'),
      hex(`0003 0008 ${text('consumer')} 00000006 0005 ${text('range')} 0002 ${text('m1')} 0000000000000007
           00000001 0002 ${text('m1')} ffff 0001 ${text('c')} 0002 ${text('/h')} 00000008 00000009
           00000002 0102 00000000`),
    )
    deepStrictEqual(decodeGroupMetadataValue(written), value)
  })

  it('is read in every version', () => {
    for (let version = 0; version <= 4; version++) {
      const [member] = value.members
      deepStrictEqual(decodeGroupMetadataValue(encodeGroupMetadataValue(value, version)), {
        ...value,
        currentStateTimestamp: version < 2 ? -1 : 7,
        members: [{ ...member, rebalanceTimeout: version < 1 ? -1 : 8 }],
      })
    }
  })

  it('without members has neither protocol nor leader', () => {
    const empty = { ...value, protocol: null, leader: null, members: [] }
    deepStrictEqual(decodeGroupMetadataValue(encodeGroupMetadataValue(empty)), empty)
  })
})

it('a key of another kind of group is told by its version', () => {
  deepStrictEqual(decodeGroupRecordKey(Buffer.from('0003ff', 'hex')), { kind: 'other', version: 3 })
  throws(() => decodeGroupRecordKey(Buffer.from('ffff', 'hex')), ProtocolError)
})

function hex(content: string): string {
  return content.replaceAll(/\s/g, '')
}
