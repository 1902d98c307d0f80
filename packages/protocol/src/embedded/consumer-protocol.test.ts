import { deepStrictEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeAssignment, encodeSubscription, parseAssignment, parseSubscription } from './consumer-protocol.ts'

const subscription = {
  topics: ['t', 'u'],
  userData: Buffer.from([7]),
  ownedPartitions: [{ topic: 't', partitions: [1, 2] }],
  generationId: 5,
  rackId: 'r',
}

/** Version 3, field by field. */
const bytes = {
  version: '0003',
  topics: '00000002 0001 74 0001 75',
  userData: '00000001 07',
  ownedPartitions: '00000001 0001 74 00000002 00000001 00000002',
  generationId: '00000005',
  rackId: '0001 72',
}

describe('a subscription', () => {
  it('is written and read field by field', () => {
    const written = hex(...Object.values(bytes))
    equal(encodeSubscription(subscription).toString('hex'), written.toString('hex'))
    deepStrictEqual(parseSubscription(written), subscription)
  })

  it('has fewer fields in older versions', () => {
    const { version: _, ...fields } = bytes
    const { topics, userData, ownedPartitions, generationId } = subscription
    const of = (version: string, ...names: (keyof typeof fields)[]) =>
      hex(version, ...names.map((name) => fields[name]))
    const none = { ownedPartitions: [], generationId: -1, rackId: null }

    const v0 = of('0000', 'topics', 'userData')
    deepStrictEqual(parseSubscription(v0), { ...none, topics, userData })
    equal(encodeSubscription(subscription, 0).toString('hex'), v0.toString('hex'))
    const v1 = of('0001', 'topics', 'userData', 'ownedPartitions')
    deepStrictEqual(parseSubscription(v1), { ...none, topics, userData, ownedPartitions })
    const v2 = of('0002', 'topics', 'userData', 'ownedPartitions', 'generationId')
    deepStrictEqual(parseSubscription(v2), { topics, userData, ownedPartitions, generationId, rackId: null })
  })

  it('of a newer version is read as far as it is known', () => {
    const { version: _, ...fields } = bytes
    deepStrictEqual(parseSubscription(hex('0009', ...Object.values(fields), '00000042')), subscription)
  })

  it('that lacks the fields of the version it announces is read as an older one', () => {
    const { topics, userData } = bytes
    deepStrictEqual(parseSubscription(hex('0001', topics, userData)), {
      topics: ['t', 'u'],
      userData: Buffer.from([7]),
      ownedPartitions: [],
      generationId: -1,
      rackId: null,
    })
  })

  it('may have null user data', () => {
    equal(parseSubscription(hex('0000 00000000 ffffffff'))?.userData, null)
  })

  it('is null where there is none: no bytes, cut off, lying about a length, of a negative version', () => {
    for (const content of ['', '00', '0000', '0000 00000001', '0003 7fffffff', 'ffff 00000000 ffffffff']) {
      equal(parseSubscription(hex(content)), null, content)
    }
  })
})

describe('an assignment', () => {
  it('is written and read field by field', () => {
    const assignment = {
      assignedPartitions: [
        { topic: 't', partitions: [0] },
        { topic: 'u', partitions: [] },
      ],
      userData: null,
    }
    const written = hex('0001', '00000002', '0001 74 00000001 00000000', '0001 75 00000000', 'ffffffff')
    equal(encodeAssignment(assignment, 1).toString('hex'), written.toString('hex'))
    deepStrictEqual(parseAssignment(written), assignment)
  })

  it('is null for a member that has none yet', () => {
    equal(parseAssignment(Buffer.alloc(0)), null)
  })
})

function hex(...parts: readonly string[]): Buffer {
  return Buffer.from(parts.join('').replaceAll(' ', ''), 'hex')
}
