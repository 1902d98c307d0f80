import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { clusterEventsTopic, errorName } from '@odradek/protocol'
import type { MetadataImage } from '../image.ts'
import { after, clusterImage, decisionContext } from '../testing/cluster-image.ts'
import { createTopic, type TopicRequest, zeroTopicId } from './create-topic.ts'
import { createEventsTopic, createOffsetsTopic, offsetsTopic } from './internal-topic.ts'

const one = clusterImage(1)
const three = clusterImage(1, 2, 3)

function request(name: string, fields: Partial<TopicRequest> = {}): TopicRequest {
  return { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [], ...fields }
}

function refusal(image: MetadataImage, wanted: TopicRequest, settings: Record<string, string> = {}) {
  const { result, change } = createTopic(image, wanted, decisionContext(settings))
  assert.equal(change, null)
  assert.deepEqual([result.topicId, result.numPartitions, result.configs], [zeroTopicId, -1, null])
  return [errorName(result.errorCode), result.errorMessage]
}

describe('creating a topic', () => {
  it('takes the defaults of the broker', () => {
    const decision = createTopic(
      three,
      request('t'),
      decisionContext({ 'num.partitions': '4', 'default.replication.factor': '2' }),
    )
    assert.equal(decision.result.errorCode, 0)
    assert.deepEqual([decision.result.numPartitions, decision.result.replicationFactor], [4, 2])
    const image = after(three, decision)
    const topic = image.topics.get('t')!
    assert.equal(topic.topicId, decision.result.topicId)
    assert.equal(topic.partitions.length, 4)
    for (const [index, partition] of topic.partitions.entries()) {
      assert.equal(partition.index, index)
      assert.equal(partition.replicas.length, 2)
      assert.deepEqual(partition.isr, partition.replicas)
      assert.equal(partition.leader, partition.replicas[0])
      assert.deepEqual([partition.leaderEpoch, partition.partitionEpoch], [0, 0])
    }
  })

  it('gives every topic an id of its own, also one of the same name', () => {
    const context = decisionContext()
    const made = Array.from({ length: 20 }, () => createTopic(one, request('t'), context).result.topicId)
    assert.equal(new Set(made).size, 20)
    for (const id of made) assert.match(id, /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/)
  })

  it('answers the effective configs, sorted, with where they come from', () => {
    const configs = [{ name: 'retention.ms', value: ' 5000 ' }]
    const decision = createTopic(one, request('t', { configs }), decisionContext({ 'log.segment.bytes': '1048576' }))
    const answered = decision.result.configs!
    const find = (name: string) => answered.find((config) => config.name === name)
    assert.deepEqual(find('retention.ms'), {
      name: 'retention.ms',
      value: '5000',
      readOnly: false,
      configSource: 1,
      isSensitive: false,
    })
    assert.deepEqual([find('segment.bytes')?.value, find('segment.bytes')?.configSource], ['1048576', 4])
    assert.deepEqual([find('cleanup.policy')?.value, find('cleanup.policy')?.configSource], ['delete', 5])
    assert.deepEqual(
      answered.map(({ name }) => name),
      answered.map(({ name }) => name).sort(),
    )
    assert.deepEqual(after(one, decision).topics.get('t')?.configs, { 'retention.ms': '5000' })
  })

  it('takes names as Kafka does', () => {
    for (const name of ['a', 'A-Z_0.9', '...', 'x'.repeat(249)]) {
      assert.equal(createTopic(one, request(name), decisionContext()).result.errorCode, 0, name)
    }
    for (const name of ['', '.', '..', 'a b', 'a/b', 'é', 'a\n', '%RETRY%g', 'x'.repeat(250)]) {
      assert.equal(refusal(one, request(name))[0], 'INVALID_TOPIC_EXCEPTION', name)
    }
    assert.equal(refusal(one, request('__cluster_metadata'))[0], 'INVALID_REQUEST')
  })

  it('refuses a name that is taken, or looks like one in metrics', () => {
    const image = after(one, createTopic(one, request('my.topic'), decisionContext()))
    assert.deepEqual(refusal(image, request('my.topic')), ['TOPIC_ALREADY_EXISTS', 'Topic "my.topic" already exists.'])
    assert.deepEqual(refusal(image, request('my_topic')), [
      'INVALID_TOPIC_EXCEPTION',
      'Topic "my_topic" would collide with "my.topic" where metrics write "." as "_".',
    ])
    assert.equal(createTopic(image, request('my-topic'), decisionContext()).result.errorCode, 0)
  })

  it('refuses numbers of partitions that make no sense', () => {
    assert.equal(refusal(one, request('t', { numPartitions: 0 }))[0], 'INVALID_PARTITIONS')
    assert.equal(refusal(one, request('t', { numPartitions: -2 }))[0], 'INVALID_PARTITIONS')
    assert.deepEqual(refusal(one, request('t', { numPartitions: 2_000_000_000 })), [
      'INVALID_PARTITIONS',
      'A topic has at most 10000 partitions, not 2000000000.',
    ])
    assert.equal(createTopic(one, request('t', { numPartitions: 10_000 }), decisionContext()).result.errorCode, 0)
  })

  it('refuses more replicas than there are brokers, or clamps them where that is set', () => {
    assert.equal(refusal(one, request('t', { replicationFactor: 0 }))[0], 'INVALID_REPLICATION_FACTOR')
    assert.deepEqual(refusal(one, request('t', { replicationFactor: 3 })), [
      'INVALID_REPLICATION_FACTOR',
      'Replication factor 3 needs as many brokers, and 1 are registered. Ask for less, or set replication.factor.clamp=true.',
    ])
    assert.equal(refusal(one, request('t'), { 'default.replication.factor': '2' })[0], 'INVALID_REPLICATION_FACTOR')
    const clamp = { 'replication.factor.clamp': 'true' }
    const clamped = createTopic(one, request('t', { replicationFactor: 3 }), decisionContext(clamp))
    assert.deepEqual([clamped.result.errorCode, clamped.result.replicationFactor], [0, 1])
    assert.equal(refusal(clusterImage(), request('t'), clamp)[0], 'INVALID_REPLICATION_FACTOR')
  })

  it('places replicas as the client says', () => {
    const assignments = [
      { partitionIndex: 1, brokerIds: [3, 1] },
      { partitionIndex: 0, brokerIds: [2, 3] },
    ]
    const decision = createTopic(three, request('t', { assignments }), decisionContext())
    assert.deepEqual([decision.result.numPartitions, decision.result.replicationFactor], [2, 2])
    const { partitions } = after(three, decision).topics.get('t')!
    assert.deepEqual(
      partitions.map(({ replicas, leader }) => [replicas, leader]),
      [
        [[2, 3], 2],
        [[3, 1], 3],
      ],
    )
  })

  it('refuses assignments that contradict themselves', () => {
    const assigned = (...brokerIds: number[][]) =>
      brokerIds.map((ids, partitionIndex) => ({ partitionIndex, brokerIds: ids }))
    const assignments = assigned([1])
    assert.equal(refusal(three, request('t', { assignments, numPartitions: 1 }))[0], 'INVALID_REQUEST')
    assert.equal(refusal(three, request('t', { assignments, replicationFactor: 1 }))[0], 'INVALID_REQUEST')
    const bad: [TopicRequest['assignments'], string][] = [
      [assigned([]), 'Partition 0 is assigned to no broker.'],
      [assigned([1, 1]), 'Partition 0 names broker 1 twice.'],
      [assigned([9]), 'Partition 0 is assigned to broker 9, which is not registered.'],
      [assigned([1], [1, 2]), 'Partition 1 has 2 replica(s), the partitions before it 1.'],
      [[{ partitionIndex: 1, brokerIds: [1] }], 'Partitions must be 0, 1, 2 …; 0 is missing.'],
      [[...assigned([1]), { partitionIndex: 0, brokerIds: [1] }], 'Partition 0 is assigned twice.'],
      [[...assigned([1]), { partitionIndex: 2, brokerIds: [1] }], 'Partitions must be 0, 1, 2 …; 1 is missing.'],
    ]
    for (const [assignments, text] of bad) {
      assert.deepEqual(refusal(three, request('t', { assignments })), ['INVALID_REPLICA_ASSIGNMENT', text])
    }
  })

  it('refuses configs that are unknown, out of bounds or without value, and says which', () => {
    const configs = [
      { name: 'retention.mss', value: '1' },
      { name: 'segment.bytes', value: 'x' },
    ]
    const [code, text] = refusal(one, request('t', { configs }))
    assert.equal(code, 'INVALID_CONFIG')
    assert.match(text!, /retention\.mss.*retention\.ms.*segment\.bytes/)
    assert.equal(refusal(one, request('t', { configs: [{ name: 'retention.ms', value: null }] }))[0], 'INVALID_CONFIG')
    assert.equal(refusal(one, request('t', { configs: [{ name: '__proto__', value: '1' }] }))[0], 'INVALID_CONFIG')
    assert.equal(refusal(one, request('t', { configs: [{ name: 'constructor', value: '1' }] }))[0], 'INVALID_CONFIG')
  })
})

describe('the topic of committed offsets', () => {
  const settings = { 'offsets.topic.num.partitions': '7', 'offsets.topic.segment.bytes': '2097152' }

  it('is made compacted, internal, and found the second time', () => {
    const context = decisionContext(settings)
    const first = createOffsetsTopic(one, context)
    const image = after(one, first)
    const topic = image.topics.get(offsetsTopic)!
    assert.equal(topic.isInternal, true)
    assert.equal(topic.partitions.length, 7)
    assert.deepEqual(topic.configs, {
      'cleanup.policy': 'compact',
      'compression.type': 'producer',
      'segment.bytes': '2097152',
    })
    const second = createOffsetsTopic(image, context)
    assert.equal(second.change, null)
    assert.deepEqual(
      [second.result.errorCode, second.result.topicId, second.result.numPartitions],
      [0, first.result.topicId, 7],
    )
  })

  it('has three replicas where there are so many brokers', () => {
    const replicas = (...brokers: number[]) => createOffsetsTopic(clusterImage(...brokers), decisionContext()).result
    assert.equal(replicas(1, 2).replicationFactor, 2)
    assert.equal(replicas(1, 2, 3, 4).replicationFactor, 3)
    assert.equal(errorName(replicas().errorCode), 'INVALID_REPLICATION_FACTOR')
  })
})

describe('the topic of what happens to the cluster', () => {
  const replicas = (image: MetadataImage, settings: Record<string, string> = {}) => {
    const decision = createEventsTopic(image, decisionContext(settings))
    return after(image, decision).topics.get(clusterEventsTopic)?.partitions[0]?.replicas ?? decision.result.errorCode
  }

  it('is led by the broker that came first, which remembers most', () => {
    assert.deepEqual(replicas(clusterImage(3, 1, 2)), [3, 1, 2])
    assert.deepEqual(replicas(clusterImage(4, 2, 3, 1)), [4, 2, 3])
  })

  it('has replicas in as many racks as there are', () => {
    assert.deepEqual(replicas(clusterImage([5, 'a'], [4, 'a'], [3, 'a'], [2, 'b'])), [5, 2, 4])
  })

  it('is not made with fewer replicas than is set', () => {
    const settings = { 'offsets.topic.replication.factor': '3' }
    assert.equal(errorName(Number(replicas(clusterImage(1, 2), settings))), 'INVALID_REPLICATION_FACTOR')
  })
})
