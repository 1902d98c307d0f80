import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { topicKey } from '../keys.ts'
import { after, clusterImage, decisionContext } from '../testing/cluster-image.ts'
import { type PartitionFields, partitionsAfter, withTopic } from '../testing/topic-under-test.ts'
import { formatTopic } from '../values.ts'
import { beginBroker } from './begin-broker.ts'

const context = decisionContext()
const clean = { id: 1, isClean: true, isLost: () => false, isMissing: () => false }

/** Elects for broker 1's start among live brokers 1 and 2, partitions given as [replicas, isr, leader]. */
function elect(...partitions: [number[], number[], number][]) {
  const value = formatTopic({
    topicId: 'x'.repeat(22),
    partitions: partitions.map(([replicas, isr, leader], index) => {
      return { index, replicas, isr, leader, leaderEpoch: 5, partitionEpoch: 7 }
    }),
    configs: { 'retention.ms': '1' },
  })
  const image = after(clusterImage(1, 2), { key: topicKey('t'), value, base: 0 })
  const decision = beginBroker(image, image.topics.get('t')!, { ...clean, isFlushed: () => false }, context)
  const topic = after(image, decision).topics.get('t')!
  assert.deepEqual(topic.configs, { 'retention.ms': '1' })
  return {
    changed: decision.result,
    leaders: topic.partitions.map(({ leader, leaderEpoch, partitionEpoch }) => [leader, leaderEpoch, partitionEpoch]),
  }
}

describe('the election of leaders when a broker starts', () => {
  it('gives each partition it leads a new epoch', () => {
    assert.deepEqual(elect([[1], [1], 1], [[1], [1], -1]), {
      changed: 2,
      leaders: [
        [1, 6, 8],
        [1, 6, 8],
      ],
    })
  })

  it('prefers the first replica in assignment order that is in sync and alive', () => {
    const { leaders } = elect([[3, 2, 1], [1, 2, 3], 3], [[3, 1, 2], [2, 1], -1], [[2, 1], [1], -1])
    assert.deepEqual(leaders, [
      [2, 6, 8],
      [1, 6, 8],
      [1, 6, 8],
    ])
  })

  it('leaves a live leader, and partitions the broker is not in sync for', () => {
    assert.deepEqual(elect([[1, 2], [1, 2], 2], [[1, 2], [2], -1], [[2], [2], -1]), {
      changed: 0,
      leaders: [
        [2, 5, 7],
        [-1, 5, 7],
        [-1, 5, 7],
      ],
    })
  })
})

describe('a replica that is out of use', () => {
  it('is in use again with its log, and without it when it has caught up', () => {
    const offlineAfter = (fields: PartitionFields, isMissing: boolean) => {
      const image = withTopic(clusterImage(1, 2), 't', [{ offline: [1], leader: 2, ...fields }])
      const broker = { ...clean, isMissing: () => isMissing, isFlushed: () => false }
      return partitionsAfter(image, beginBroker(image, image.topics.get('t')!, broker, context), 't')[0]!.offline
    }
    assert.equal(offlineAfter({ replicas: [1, 2], isr: [2] }, false), undefined)
    assert.deepEqual(offlineAfter({ replicas: [1, 2], isr: [2] }, true), [1], 'its disk was replaced before')
    assert.equal(offlineAfter({ replicas: [1, 2], isr: [1, 2] }, true), undefined, 'there is nothing to have')
  })
})

describe('a broker that was not stopped cleanly', () => {
  function begin(fields: PartitionFields, { isFlushed = false, isLost = false } = {}) {
    const image = withTopic(clusterImage(1, 2), 't', [fields])
    const broker = { id: 1, isClean: false, isLost: () => isLost, isMissing: () => isLost, isFlushed: () => isFlushed }
    const decision = beginBroker(image, image.topics.get('t')!, broker, context)
    const { isr, leader, leaderEpoch, lastElr } = partitionsAfter(image, decision, 't')[0]!
    return [isr, leader, leaderEpoch, ...(lastElr === undefined ? [] : [lastElr])]
  }

  it('leaves the ISR where others are in it', () => {
    assert.deepEqual(begin({ replicas: [1, 2], leader: 2 }), [[2], 2, 5])
    assert.deepEqual(begin({ replicas: [1, 2] }), [[2], 2, 6])
    assert.deepEqual(begin({ replicas: [1, 3], leader: 3 }), [[3], -1, 6], 'though none of them is there')
  })

  it('stays where it is the last member, or lost nothing', () => {
    assert.deepEqual(begin({ replicas: [1, 2], isr: [1] }), [[1], 1, 6])
    assert.deepEqual(begin({ replicas: [1, 2] }, { isFlushed: true }), [[1, 2], 1, 6])
  })

  it('does not lead others with another disk', () => {
    assert.deepEqual(begin({ replicas: [1, 2], isr: [1] }, { isLost: true, isFlushed: true }), [[], -1, 6])
    const eligible = { replicas: [1, 2, 3], isr: [1], elr: [3], lastElr: [2] }
    assert.deepEqual(begin(eligible, { isLost: true }), [[], -1, 6, [2]], 'nor is it known for what it had')
    assert.deepEqual(begin({ replicas: [1] }, { isLost: true }), [[1], 1, 6], 'there are no others')
  })
})
