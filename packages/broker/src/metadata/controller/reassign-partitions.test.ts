import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorName } from '@odradek/protocol'
import { after, clusterImage, decisionContext } from '../testing/cluster-image.ts'
import { type PartitionFields, partitionsAfter, withTopic } from '../testing/topic-under-test.ts'
import { reassignPartitions } from './reassign-partitions.ts'
import { settleTopic } from './settle-topic.ts'

const cluster = clusterImage(1, 2, 3)

function reassign(fields: PartitionFields, replicas: number[] | null) {
  const image = withTopic(cluster, 't', [fields])
  const decision = reassignPartitions(image, 't', [{ index: 0, replicas }])
  return { code: errorName(decision.result[0]!.errorCode), partition: partitionsAfter(image, decision, 't')[0]! }
}

describe('a reassignment', () => {
  it('puts new replicas beside the old ones; leader and ISR stay', () => {
    assert.deepEqual(reassign({ replicas: [1, 2] }, [3, 2]), {
      code: 'NONE',
      partition: {
        replicas: [3, 2, 1],
        isr: [1, 2],
        leader: 1,
        leaderEpoch: 5,
        partitionEpoch: 8,
        adding: [3],
        removing: [1],
      },
    })
  })

  it('only changes the order, or takes replicas away, at the next look', () => {
    assert.deepEqual(reassign({ replicas: [1, 2] }, [2, 1]).partition.replicas, [2, 1])
    const image = withTopic(cluster, 't', [{ replicas: [1, 2, 3] }])
    const shrinking = after(image, reassignPartitions(image, 't', [{ index: 0, replicas: [2] }]))
    const settled = partitionsAfter(shrinking, settleTopic(shrinking, 't', decisionContext()), 't')[0]!
    assert.deepEqual([settled.replicas, settled.isr, settled.leader, settled.leaderEpoch], [[2], [2], 2, 6])
  })

  it('changes nothing when it is asked for again, and follows a new target', () => {
    const moving = { replicas: [3, 2, 1], isr: [1, 2], leader: 1, adding: [3], removing: [1] }
    const again = reassign(moving, [3, 2])
    assert.deepEqual([again.code, again.partition.partitionEpoch], ['NONE', 7])
    const { partition } = reassign(moving, [2, 1])
    assert.deepEqual([partition.replicas, partition.adding, partition.removing], [[2, 1], undefined, undefined])
  })

  it('is taken back: what came goes, what was to go stays', () => {
    const moving = { replicas: [3, 2, 1], isr: [1, 2, 3], leader: 1, adding: [3], removing: [1] }
    const { code, partition } = reassign(moving, null)
    assert.deepEqual([code, partition.replicas, partition.isr, partition.adding], ['NONE', [2, 1], [1, 2], undefined])
    const led = reassign({ ...moving, leader: 3 }, null).partition
    assert.deepEqual([led.leader, led.leaderEpoch], [2, 6])
  })

  it('is refused where it makes no sense', () => {
    const codes = [
      reassign({ replicas: [1] }, []).code,
      reassign({ replicas: [1] }, [2, 2]).code,
      reassign({ replicas: [1] }, [4]).code,
      reassign({ replicas: [1] }, null).code,
      reassign({ replicas: [3, 1], isr: [3], leader: 3, adding: [3], removing: [1] }, null).code,
    ]
    assert.deepEqual(codes, [
      'INVALID_REPLICA_ASSIGNMENT',
      'INVALID_REPLICA_ASSIGNMENT',
      'INVALID_REPLICA_ASSIGNMENT',
      'NO_REASSIGNMENT_IN_PROGRESS',
      'INVALID_REPLICA_ASSIGNMENT',
    ])
    const unknown = reassignPartitions(cluster, 'none', [{ index: 0, replicas: [1] }])
    assert.equal(errorName(unknown.result[0]!.errorCode), 'UNKNOWN_TOPIC_OR_PARTITION')
  })
})
