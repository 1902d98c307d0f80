import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorName } from '@odradek/protocol'
import { intakeTopicName } from '../intake-topic.ts'
import { clusterImage, decisionContext } from '../testing/cluster-image.ts'
import { idOf, partitionsAfter, withTopic } from '../testing/topic-under-test.ts'
import { electionType, electLeaders } from './elect-leaders.ts'

const context = decisionContext()

describe('an election that is asked for', () => {
  const image = withTopic(clusterImage(1, 2, 3), 't', [
    { replicas: [1, 2], leader: 2 },
    { replicas: [2, 1] },
    { replicas: [3, 1], isr: [1], leader: 1 },
    { replicas: [4, 1], isr: [1, 4], leader: 1 },
    { replicas: [4, 3], isr: [4], leader: -1 },
    { replicas: [4, 5], isr: [4], leader: -1 },
  ])

  function elect(indexes: number[] | null, type: number) {
    const decision = electLeaders(image, 't', indexes, type, context)
    const leaders = partitionsAfter(image, decision, 't').map(({ leader, leaderEpoch }) => [leader, leaderEpoch])
    return { codes: decision.result.map(({ index, errorCode }) => [index, errorName(errorCode)]), leaders }
  }

  it('gives partitions back to their preferred leaders', () => {
    const { codes, leaders } = elect(null, electionType.preferred)
    assert.deepEqual(codes, [
      [0, 'NONE'],
      [1, 'ELECTION_NOT_NEEDED'],
      [2, 'PREFERRED_LEADER_NOT_AVAILABLE'],
      [3, 'PREFERRED_LEADER_NOT_AVAILABLE'],
      [4, 'PREFERRED_LEADER_NOT_AVAILABLE'],
      [5, 'PREFERRED_LEADER_NOT_AVAILABLE'],
    ])
    assert.deepEqual(leaders.slice(0, 3), [
      [1, 6],
      [2, 5],
      [1, 5],
    ])
  })

  it('lets one lead that is not in sync only where it is asked for and nobody else is left', () => {
    const { codes, leaders } = elect([0, 4, 5, 6], electionType.unclean)
    assert.deepEqual(codes, [
      [0, 'ELECTION_NOT_NEEDED'],
      [4, 'NONE'],
      [5, 'ELIGIBLE_LEADERS_NOT_AVAILABLE'],
      [6, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ])
    assert.deepEqual(leaders[4], [3, 6])
    const decision = electLeaders(image, 't', [4], electionType.unclean, context)
    assert.deepEqual(partitionsAfter(image, decision, 't')[4]!.isr, [3])
  })

  it('gives nothing back where the records that wait could not be led too', () => {
    const name = intakeTopicName(idOf('t'))
    const visible = withTopic(clusterImage(1, 2), 't', [{ replicas: [1, 2], leader: 2 }])
    const code = (isr: number[]) => {
      const both = withTopic(visible, name, [{ replicas: [1, 2], isr, leader: 2 }])
      return errorName(electLeaders(both, 't', [0], electionType.preferred, context).result[0]!.errorCode)
    }
    assert.deepEqual([code([1, 2]), code([2])], ['NONE', 'PREFERRED_LEADER_NOT_AVAILABLE'])
  })

  it('knows no other topics', () => {
    const { result, change } = electLeaders(image, 'u', [0], electionType.preferred, context)
    assert.deepEqual([errorName(result[0]!.errorCode), change], ['UNKNOWN_TOPIC_OR_PARTITION', null])
  })
})
