import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { intakeTopicName } from '../intake-topic.ts'
import { brokerKey } from '../keys.ts'
import { after, clusterImage, decisionContext } from '../testing/cluster-image.ts'
import { idOf, type PartitionFields, partitionsAfter, withTopic } from '../testing/topic-under-test.ts'
import { formatBroker } from '../values.ts'
import { settleTopic } from './settle-topic.ts'

/** Brokers 1, 2 and 3 live; 4 and 5 do not. */
const image = clusterImage(1, 2, 3)

function settle(fields: PartitionFields, configs = {}, cluster = image) {
  const topic = withTopic(cluster, 't', [fields], configs)
  return partitionsAfter(topic, settleTopic(topic, 't', decisionContext()), 't')[0]!
}

describe('settling a topic', () => {
  it('changes nothing where all is as it should be', () => {
    const topic = withTopic(image, 't', [{ replicas: [1, 2, 3] }, { replicas: [2, 4], isr: [2] }])
    assert.equal(settleTopic(topic, 't', decisionContext()).change, null)
    assert.equal(settleTopic(topic, 'none', decisionContext()).change, null)
  })

  it('gives a partition whose leader is dead to the first replica in assignment order that is in sync and alive', () => {
    assert.deepEqual(settle({ replicas: [4, 5, 3, 1], isr: [1, 3, 4] }), {
      replicas: [4, 5, 3, 1],
      isr: [1, 3],
      leader: 3,
      leaderEpoch: 6,
      partitionEpoch: 8,
    })
  })

  it('takes dead followers out of the ISR; the leader leads on in its epoch', () => {
    assert.deepEqual(settle({ replicas: [1, 4, 2], isr: [1, 2, 4] }), {
      replicas: [1, 4, 2],
      isr: [1, 2],
      leader: 1,
      leaderEpoch: 5,
      partitionEpoch: 8,
    })
  })

  it('keeps the last members of the ISR, without a leader, also beside replicas that are alive and not in sync', () => {
    const waiting = { replicas: [4, 1, 5], isr: [4, 5], leader: 4 }
    const settled = { ...waiting, leader: -1, leaderEpoch: 6, partitionEpoch: 8 }
    assert.deepEqual(settle(waiting), settled)
    assert.deepEqual(settle({ ...settled, leaderEpoch: 6, partitionEpoch: 8 }), settled, 'once')
  })

  it('elects one that is not in sync only where that is allowed', () => {
    const lost = { replicas: [4, 2, 1], isr: [4], leader: 4 }
    const unclean = { ...lost, isr: [2], leader: 2, leaderEpoch: 6, partitionEpoch: 8 }
    assert.deepEqual(settle(lost, { 'unclean.leader.election.enable': 'true' }), unclean)
    const topic = withTopic(image, 't', [lost])
    const context = decisionContext({ 'unclean.leader.election.enable': 'true' })
    assert.deepEqual(partitionsAfter(topic, settleTopic(topic, 't', context), 't')[0], unclean)
  })

  it('elects when a member of the ISR is back', () => {
    const { leader, leaderEpoch, isr } = settle({ replicas: [4, 2], isr: [2], leader: -1 })
    assert.deepEqual([leader, leaderEpoch, isr], [2, 6, [2]])
  })

  const put = (isStopping: boolean, ports: number[]) => {
    const listeners = ports.map((port) => ({ name: 'P', host: 'h', port }))
    const broker = image.brokers.get(1)!
    const value = formatBroker({ listeners, rack: null, isStopping })
    return after(image, { key: brokerKey(1), value, base: broker.modRevision })
  }
  /** Broker 1 starts, and has not said yet what it has. */
  const starting = put(false, [])

  it('has others lead for a broker that is about to stop or does not listen yet, where others can', () => {
    const stopping = put(true, [1])
    for (const cluster of [stopping, starting]) {
      const moved = settle({ replicas: [1, 2, 3], isr: [1, 3] }, {}, cluster)
      assert.deepEqual([moved.leader, moved.leaderEpoch, moved.isr], [3, 6, [1, 3]])
      assert.equal(settle({ replicas: [1, 2], isr: [1] }, {}, cluster).leader, 1)
    }
    assert.equal(settle({ replicas: [1, 4], isr: [1, 4], leader: 4 }, {}, stopping).leader, 1)
  })

  it('takes nobody out of the ISR for one that only starts, which may have lost what it had', () => {
    const waiting = settle({ replicas: [1, 4], isr: [1, 4], leader: 4 }, {}, starting)
    assert.deepEqual([waiting.leader, waiting.isr], [-1, [1, 4]])
    const alone = withTopic(starting, 't', [{ replicas: [1, 4], isr: [1, 4], leader: 1 }])
    assert.equal(settleTopic(alone, 't', decisionContext()).change, null)
    const others = settle({ replicas: [1, 4, 2], isr: [1, 4, 2], leader: 4 }, {}, starting)
    assert.deepEqual([others.leader, others.isr], [2, [1, 2]])
    const offline = settle({ replicas: [4, 2], isr: [4, 2], leader: 4, offline: [2] })
    assert.deepEqual([offline.leader, offline.isr], [-1, [4, 2]], 'nor for one without its log')
    const moving = settle({ replicas: [1, 4], adding: [1], removing: [4], isr: [1, 4], leader: 4 }, {}, starting)
    assert.deepEqual([moving.isr, moving.removing], [[1, 4], [4]])
  })

  it('elects nobody out of sync while one that is in sync starts, though it is allowed', () => {
    const unclean = { 'unclean.leader.election.enable': 'true' }
    const waiting = settle({ replicas: [2, 1, 4], isr: [1, 4], leader: 4 }, unclean, starting)
    assert.deepEqual([waiting.leader, waiting.isr], [-1, [1, 4]])
  })

  it('ends a move when those that come are in sync', () => {
    const moving = { replicas: [3, 2, 1], adding: [3, 2], removing: [1], leader: 1 }
    const going = settle({ ...moving, isr: [1, 2] })
    assert.deepEqual([going.replicas, going.adding, going.removing], [[3, 2, 1], [3, 2], [1]])
    assert.deepEqual(settle({ ...moving, isr: [1, 2, 3] }), {
      replicas: [3, 2],
      isr: [2, 3],
      leader: 3,
      leaderEpoch: 6,
      partitionEpoch: 8,
    })
  })

  it('settles a move whose leader dies', () => {
    const settled = settle({ replicas: [3, 4], adding: [3], removing: [4], isr: [3, 4], leader: 4 })
    assert.deepEqual([settled.replicas, settled.isr, settled.leader, settled.adding], [[3], [3], 3, undefined])
  })

  it('has a topic and what waits for it led by one broker, on the same replicas', () => {
    const name = intakeTopicName(idOf('t'))
    const visible = withTopic(image, 't', [{ replicas: [1, 2, 3], leader: 2 }])
    const both = withTopic(visible, name, [{ replicas: [1, 2, 3], leader: 1 }])
    const followed = partitionsAfter(both, settleTopic(both, name, decisionContext()), name)[0]!
    assert.deepEqual([followed.leader, followed.leaderEpoch], [2, 6])
    const behind = withTopic(visible, name, [{ replicas: [1, 2, 3], isr: [1, 3], leader: 1 }])
    assert.equal(settleTopic(behind, name, decisionContext()).change, null, 'one that is not in sync cannot')
    const elsewhere = withTopic(visible, name, [{ replicas: [1, 3], isr: [1, 3], leader: 1 }])
    const moving = partitionsAfter(elsewhere, settleTopic(elsewhere, name, decisionContext()), name)[0]!
    assert.deepEqual([moving.replicas, moving.adding, moving.removing], [[1, 2, 3], [2], []])
    const lost = withTopic(visible, name, [{ replicas: [1, 2, 3], isr: [1, 3], leader: 3 }])
    const joined = partitionsAfter(lost, settleTopic(lost, 't', decisionContext()), 't')[0]!
    assert.deepEqual(
      [joined.leader, joined.leaderEpoch, joined.isr],
      [1, 6, [1, 2, 3]],
      'it goes where both can be led',
    )
    const nowhere = withTopic(visible, name, [{ replicas: [1, 2, 3], isr: [3], leader: 3, offline: [3] }])
    assert.equal(settleTopic(nowhere, 't', decisionContext()).change, null)
    const dead = withTopic(image, 't', [{ replicas: [4, 1, 2], isr: [1, 2, 4] }])
    const together = withTopic(dead, name, [{ replicas: [4, 1, 2], isr: [2, 4] }])
    assert.equal(partitionsAfter(together, settleTopic(together, 't', decisionContext()), 't')[0]!.leader, 2)
  })
})
