import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Broker, startBroker } from '@odradek/broker'
import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { Cluster } from '../cluster.ts'
import { RefusedError } from '../cluster-errors.ts'
import { createTopic } from '../topics/create-topic.ts'
import { deleteRecords } from '../topics/delete-records.ts'
import { planDeleteRecords } from '../topics/delete-records-plan.ts'
import { applyReset, DriftError } from './apply-reset.ts'
import { committedOffsets } from './committed-offsets.ts'
import { deleteGroup } from './delete-groups.ts'
import { fenceMembers } from './fence-members.ts'
import { groupNow } from './group-now.ts'
import { planReset, type ResetPlan } from './reset-plan.ts'

describe('resetting a group', () => {
  let broker: Broker
  let cluster: Cluster
  let next = 0

  before(async () => {
    broker = await startBroker()
    cluster = new Cluster({ bootstrap: [broker.address] })
  })
  after(async () => {
    await cluster.close()
    await broker.close()
  })

  /** A topic of two partitions with records at 1000, 2000 … ms, and a group that has read `commits` of them. */
  async function furnish(records: readonly number[], commits: readonly (number | null)[]) {
    const topic = `orders-${next}`
    const group = `计费/${next++}`
    await createTopic(cluster, { name: topic, partitions: records.length })
    const options = { clientId: 'test', bootstrapBrokers: [broker.address] }
    const producer = new Producer({ ...options, serializers: stringSerializers })
    const messages = records.flatMap((count, partition) =>
      Array.from({ length: count }, (_, i) => ({
        topic,
        partition,
        key: `k${i}`,
        value: `v${i}`,
        timestamp: BigInt((i + 1) * 1000),
      })),
    )
    await producer.send({ messages, acks: -1 })
    await producer.close()
    await commit(group, topic, commits)
    return { topic, group }
  }

  async function commit(group: string, topic: string, commits: readonly (number | null)[]) {
    const options = { clientId: 'test', bootstrapBrokers: [broker.address] }
    const consumer = new Consumer({ ...options, groupId: group, deserializers: stringDeserializers })
    await consumer.joinGroup({})
    const offsets = commits.flatMap((offset, partition) =>
      offset === null ? [] : [{ topic, partition, offset: BigInt(offset), leaderEpoch: 0 }],
    )
    await consumer.commit({ offsets })
    await consumer.leaveGroup()
    await consumer.close()
  }

  const shown = ({ rows }: ResetPlan) =>
    rows.map(({ current, target, targetTimestampMs, replays, skips, flags, error }) =>
      error === null ? [current, target, targetTimestampMs, replays, skips, flags] : error,
    )
  const committed = async (group: string, topic: string) => {
    const partitions = (await committedOffsets(cluster, group)).get(topic)
    return [partitions?.get(0)?.offset ?? null, partitions?.get(1)?.offset ?? null]
  }

  test('to a time: the first record at or after it, the end where there is none', async () => {
    const { topic, group } = await furnish([5, 2], [4, 2])
    const plan = await planReset(cluster, group, { kind: 'time', timestampMs: 2500 }, null)
    assert.deepEqual(shown(plan), [
      [4, 2, 3000, 2, 0, []],
      [2, 2, null, 0, 0, ['noRecordAtOrAfter', 'unchanged']],
    ])
    assert.deepEqual(plan.totals, {
      topics: 1,
      partitions: 1,
      replays: 2,
      skips: 0,
      lagNow: 1,
      lagAfter: 3,
      oldestMs: 3000,
      failed: 0,
    })
    const results = await applyReset(cluster, plan)
    assert.deepEqual(results, [{ topic, partition: 0, before: 4, after: 2, error: null }])
    assert.deepEqual(await committed(group, topic), [2, 2])
  })

  test('to the ends, by a shift, to an offset, where another group is: clamped to the log, and said so', async () => {
    const { topic, group } = await furnish([5, 3], [3, null])
    const other = await furnish([1, 1], [1, 0])
    await commit(other.group, topic, [1, 2])
    const plan = (target: Parameters<typeof planReset>[2]) =>
      planReset(cluster, group, target, [{ topic, partitions: null }])
    assert.deepEqual(shown(await plan({ kind: 'earliest' })), [
      [3, 0, 1000, 3, 0, []],
      [null, 0, 1000, 0, 0, ['noCommit']],
    ])
    assert.deepEqual(shown(await plan({ kind: 'latest' })), [
      [3, 5, null, 0, 2, []],
      [null, 3, null, 0, 0, ['noCommit']],
    ])
    assert.deepEqual(shown(await plan({ kind: 'shift', by: -4 })), [
      [3, 0, 1000, 3, 0, ['clamped']],
      'Nothing is committed here that could be shifted.',
    ])
    assert.deepEqual(shown(await plan({ kind: 'offset', offset: 4 })), [
      [3, 4, 5000, 0, 1, []],
      [null, 3, null, 0, 0, ['noCommit', 'clamped']],
    ])
    assert.deepEqual(shown(await plan({ kind: 'group', group: other.group })), [
      [3, 1, 2000, 2, 0, []],
      [null, 2, 3000, 0, 0, ['noCommit']],
    ])
    await assert.rejects(plan({ kind: 'group', group: 'nobody' }), RefusedError)
    await assert.rejects(planReset(cluster, group, { kind: 'earliest' }, [{ topic: 'nothing', partitions: null }]), {
      message: /no topic "nothing"/,
    })
  })

  test('a commit in between is drift: nothing is done, and a new plan works', async () => {
    const { topic, group } = await furnish([5, 5], [3, 3])
    const plan = await planReset(cluster, group, { kind: 'earliest' }, null)
    await commit(group, topic, [4, 3])
    await assert.rejects(applyReset(cluster, plan), (error: DriftError) => {
      assert.ok(error instanceof DriftError)
      assert.deepEqual(error.moved, [{ topic, partition: 0, now: 4 }])
      return true
    })
    assert.deepEqual(await committed(group, topic), [4, 3])
    await applyReset(cluster, await planReset(cluster, group, { kind: 'earliest' }, null))
    assert.deepEqual(await committed(group, topic), [0, 0])
  })

  test('records that go in between are drift too', async () => {
    const { topic, group } = await furnish([5, 5], [3, 3])
    const plan = await planReset(cluster, group, { kind: 'earliest' }, null)
    await deleteRecords(cluster, await planDeleteRecords(cluster, topic, { kind: 'offsets', offsets: { 1: 2 } }))
    await assert.rejects(applyReset(cluster, plan), DriftError)
    const again = await planReset(cluster, group, { kind: 'time', timestampMs: 1 }, null)
    assert.deepEqual(shown(again)[1], [3, 2, 3000, 1, 0, ['beforeRetention']])
  })

  test('undo puts back what was there, and takes away what was not', async () => {
    const { topic, group } = await furnish([5, 5], [3, null])
    const results = await applyReset(cluster, await planReset(cluster, group, { kind: 'latest' }, null))
    assert.deepEqual(await committed(group, topic), [5, 5])
    const offsets = { [topic]: Object.fromEntries(results.map(({ partition, before }) => [partition, before])) }
    const undo = await planReset(cluster, group, { kind: 'offsets', offsets }, null)
    assert.deepEqual(shown(undo), [
      [5, 3, 4000, 2, 0, []],
      [5, null, null, 0, 0, ['removesCommit']],
    ])
    await applyReset(cluster, undo)
    assert.deepEqual(await committed(group, topic), [3, null])
  })

  test('a group with members is left alone; sent away, it can be moved', async () => {
    const { topic, group } = await furnish([5, 5], [3, 3])
    const options = { clientId: 'worker', bootstrapBrokers: [broker.address] }
    const consumer = new Consumer({ ...options, groupId: group, deserializers: stringDeserializers })
    consumer.topics.trackAll(topic)
    await consumer.joinGroup({})
    const plan = await planReset(cluster, group, { kind: 'earliest' }, null)
    assert.equal(plan.state.canBeMoved, false)
    assert.deepEqual(
      plan.state.members.map(({ clientId }) => clientId),
      ['worker'],
    )
    await assert.rejects(applyReset(cluster, plan), { message: /Stable with 1 members: worker/ })
    await assert.rejects(deleteGroup(cluster, group), { errorName: 'NON_EMPTY_GROUP' })
    assert.deepEqual(await committed(group, topic), [3, 3])
    assert.equal((await fenceMembers(cluster, group, 'reset of offsets')).length, 1)
    assert.equal((await groupNow(cluster, group)).canBeMoved, true)
    await applyReset(cluster, plan)
    assert.deepEqual(await committed(group, topic), [0, 0])
    await consumer.close(true).catch(() => {})
    await deleteGroup(cluster, group)
    assert.deepEqual(await committed(group, topic), [null, null])
  })

  test('the time of the record at the target is known in every partition, however large the batches are', async () => {
    const { topic, group } = await furnish([400, 400, 400], [0, 0, 0])
    const plan = await planReset(cluster, group, { kind: 'shift', by: 100 }, [{ topic, partitions: null }])
    assert.deepEqual(
      plan.rows.map(({ targetTimestampMs }) => targetTimestampMs),
      [101_000, 101_000, 101_000],
    )
  })

  test('a topic that is newer than what is known of the cluster is in the plan', async () => {
    await using other = new Cluster({ bootstrap: [broker.address], metadataAgeMaxMs: 60_000 })
    await other.metadata()
    const { group } = await furnish([3], [1])
    const plan = await planReset(other, group, { kind: 'latest' }, null)
    assert.deepEqual(
      plan.rows.map(({ target, error }) => [target, error]),
      [[3, null]],
    )
  })
})
