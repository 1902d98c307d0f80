import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorName } from '@odradek/protocol'
import { after, clusterImage, decisionContext } from '../testing/cluster-image.ts'
import { addPartitions, type PartitionsRequest } from './add-partitions.ts'
import { createTopic } from './create-topic.ts'

const context = decisionContext()
const request = { name: 't', numPartitions: 2, replicationFactor: 2, assignments: [], configs: [] }
const three = clusterImage(1, 2, 3)
const image = after(three, createTopic(three, { ...request, configs: [{ name: 'retention.ms', value: '1' }] }, context))
const before = image.topics.get('t')!

function refusal(wanted: Partial<PartitionsRequest>) {
  const { result, change } = addPartitions(image, { name: 't', count: 3, assignments: null, ...wanted }, context)
  assert.equal(change, null)
  return [errorName(result.errorCode), result.errorMessage]
}

describe('adding partitions', () => {
  it('leaves the old ones, the id and the configs as they are', () => {
    const decision = addPartitions(image, { name: 't', count: 5, assignments: null }, context)
    assert.deepEqual(decision.result, { name: 't', errorCode: 0, errorMessage: null })
    const topic = after(image, decision).topics.get('t')!
    assert.equal(topic.topicId, before.topicId)
    assert.deepEqual(topic.configs, before.configs)
    assert.deepEqual(topic.partitions.slice(0, 2), before.partitions)
    assert.deepEqual(
      topic.partitions.map(({ index }) => index),
      [0, 1, 2, 3, 4],
    )
    for (const { replicas, isr, leader } of topic.partitions) {
      assert.equal(replicas.length, 2)
      assert.deepEqual([isr, leader], [replicas, replicas[0]])
    }
    assert.equal(decision.change?.base, before.modRevision)
  })

  it('follows the assignment of the client', () => {
    const assignments = [{ brokerIds: [3, 2] }, { brokerIds: [1, 3] }]
    const decision = addPartitions(image, { name: 't', count: 4, assignments }, context)
    const { partitions } = after(image, decision).topics.get('t')!
    assert.deepEqual(
      partitions.slice(2).map(({ replicas }) => replicas),
      [
        [3, 2],
        [1, 3],
      ],
    )
  })

  it('is refused where the topic would not grow', () => {
    assert.deepEqual(refusal({ count: 2 }), ['INVALID_PARTITIONS', 'Topic "t" already has 2 partition(s).'])
    assert.deepEqual(refusal({ count: 1 })[0], 'INVALID_PARTITIONS')
    assert.deepEqual(refusal({ count: -1 })[0], 'INVALID_PARTITIONS')
    assert.deepEqual(refusal({ count: 2 ** 31 - 1 })[0], 'INVALID_PARTITIONS')
  })

  it('is refused for an unknown topic', () => {
    assert.deepEqual(refusal({ name: 'u' })[0], 'UNKNOWN_TOPIC_OR_PARTITION')
  })

  it('is refused for assignments that do not fit', () => {
    assert.deepEqual(refusal({ assignments: [] })[0], 'INVALID_REPLICA_ASSIGNMENT')
    assert.deepEqual(refusal({ assignments: [{ brokerIds: [1] }] })[0], 'INVALID_REPLICA_ASSIGNMENT')
    assert.deepEqual(refusal({ assignments: [{ brokerIds: [1, 1] }] })[0], 'INVALID_REPLICA_ASSIGNMENT')
    assert.deepEqual(refusal({ assignments: [{ brokerIds: [1, 9] }] })[0], 'INVALID_REPLICA_ASSIGNMENT')
  })

  it('is refused where too few brokers are left', () => {
    const alone = after(image, { key: '/odradek/brokers/2', value: null, base: 0 })
    const lonely = after(alone, { key: '/odradek/brokers/3', value: null, base: 0 })
    const { result } = addPartitions(lonely, { name: 't', count: 3, assignments: null }, context)
    assert.equal(errorName(result.errorCode), 'INVALID_REPLICATION_FACTOR')
  })
})
