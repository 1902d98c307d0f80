import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorName } from '@odradek/protocol'
import { brokerKey } from '../keys.ts'
import { clusterImage, decisionContext } from '../testing/cluster-image.ts'
import { idOf, partitionsAfter, withTopic } from '../testing/topic-under-test.ts'
import { alterIsr, type IsrChange } from './alter-isr.ts'

const context = decisionContext()

describe('a change of the in-sync replicas', () => {
  const image = withTopic(clusterImage(1, 2, 3), 't', [
    { replicas: [1, 2, 3], isr: [1, 2] },
    { replicas: [1, 2, 3] },
    { replicas: [2, 1], leader: 2 },
  ])
  const author = { nodeId: 1, epochs: new Map([...image.brokers.values()].map(({ id, epoch }) => [id, epoch])) }
  const change = (index: number, isr: number[], fields: Partial<IsrChange> = {}): IsrChange => {
    return { topicId: idOf('t'), index, leaderEpoch: 5, partitionEpoch: 7, isr, ...fields }
  }

  it('is made for the leader, all of a topic at once, and who comes in must be registered as it was', () => {
    const decision = alterIsr(image, author, idOf('t'), [change(0, [1, 2, 3]), change(1, [1])], context)
    assert.deepEqual(decision.result, [{ errorCode: 0 }, { errorCode: 0 }])
    const [grown, shrunk] = partitionsAfter(image, decision, 't')
    assert.deepEqual([grown!.isr, grown!.partitionEpoch, grown!.leaderEpoch], [[1, 2, 3], 8, 5])
    assert.deepEqual([shrunk!.isr, shrunk!.partitionEpoch], [[1], 8])
    const revision = image.brokers.get(3)!.epoch
    assert.deepEqual(decision.change?.compares, [{ key: brokerKey(3), target: 'createRevision', revision }])
  })

  it('is none where the set is the same', () => {
    assert.equal(alterIsr(image, author, idOf('t'), [change(0, [2, 1])], context).change, null)
  })

  const refusals: [string, IsrChange, Partial<typeof author>?][] = [
    ['UNKNOWN_TOPIC_OR_PARTITION', change(9, [1])],
    ['FENCED_LEADER_EPOCH', change(0, [1], { leaderEpoch: 4 })],
    ['UNKNOWN_LEADER_EPOCH', change(0, [1], { leaderEpoch: 6 })],
    ['NOT_LEADER_OR_FOLLOWER', change(2, [1])],
    ['INVALID_UPDATE_VERSION', change(0, [1], { partitionEpoch: 6 })],
    ['INVALID_REQUEST', change(0, [])],
    ['INVALID_REQUEST', change(0, [2])],
    ['INVALID_REQUEST', change(0, [1, 1])],
    ['INVALID_REQUEST', change(0, [1, 4])],
    ['INELIGIBLE_REPLICA', change(0, [1, 3]), { epochs: new Map([[3, 1]]) }],
    ['INELIGIBLE_REPLICA', change(0, [1, 3]), { epochs: new Map() }],
  ]
  for (const [code, asked, fields] of refusals) {
    it(`is refused with ${code}: ${JSON.stringify(asked.isr)} for partition ${asked.index}`, () => {
      const { result, change: made } = alterIsr(image, { ...author, ...fields }, idOf('t'), [asked], context)
      assert.deepEqual([errorName(result[0]!.errorCode), made], [code, null])
    })
  }

  it('is refused for a topic that is gone', () => {
    const { result } = alterIsr(image, author, idOf('gone'), [change(0, [1])], context)
    assert.equal(errorName(result[0]!.errorCode), 'UNKNOWN_TOPIC_ID')
  })
})
