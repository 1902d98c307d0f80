/** What consumers tell each other inside JoinGroup and SyncGroup, against kafkajs and @platformatic/kafka. */
import { deepStrictEqual, equal } from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeAssignment, encodeSubscription, parseAssignment, parseSubscription } from '@odradek/protocol'
import * as platformatic from '@platformatic/kafka'
import kafkajs from 'kafkajs'

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol
const userData = Buffer.from('user data')
const subscription = {
  topics: ['orders', 'payments'],
  userData,
  ownedPartitions: [{ topic: 'orders', partitions: [1, 4] }],
  generationId: 5,
  rackId: 'rack',
}
const assignedPartitions = [
  { topic: 'orders', partitions: [0, 3] },
  { topic: 'payments', partitions: [2] },
]

describe('@platformatic/kafka', () => {
  for (const version of [0, 1, 2, 3]) {
    it(`subscription v${version}`, () => {
      const theirs = Buffer.from(platformatic.encodeConsumerProtocolSubscription({ ...subscription, version }))
      equal(encodeSubscription(subscription, version).toString('hex'), theirs.toString('hex'))
      const { version: heardVersion, ...heard } = platformatic.decodeConsumerProtocolSubscription(theirs)
      equal(heardVersion, version)
      deepStrictEqual(parseSubscription(theirs), { ...heard, userData: Buffer.from(heard.userData) })
    })

    it(`assignment v${version}`, () => {
      const theirs = Buffer.from(
        platformatic.encodeConsumerProtocolAssignment({ version, assignedPartitions, userData }),
      )
      equal(encodeAssignment({ assignedPartitions, userData }, version).toString('hex'), theirs.toString('hex'))
      deepStrictEqual(parseAssignment(theirs), { assignedPartitions, userData })
    })
  }
})

describe('kafkajs', () => {
  // It writes the fields of version 0 under whatever version its assigner announces.
  for (const version of [0, 1, 3]) {
    it(`subscription said to be v${version}`, () => {
      const { topics } = subscription
      deepStrictEqual(parseSubscription(MemberMetadata.encode({ version, topics, userData })), {
        topics,
        userData,
        ownedPartitions: [],
        generationId: -1,
        rackId: null,
      })
    })

    it(`assignment v${version}`, () => {
      const assignment = { orders: [0, 3], payments: [2] }
      const theirs = MemberAssignment.encode({ version, assignment, userData })
      equal(encodeAssignment({ assignedPartitions, userData }, version).toString('hex'), theirs.toString('hex'))
      deepStrictEqual(parseAssignment(theirs), { assignedPartitions, userData })
    })
  }
})
