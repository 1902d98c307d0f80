import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { diagnose } from '../src/groups/diagnosis.ts'
import { ConsoleScene } from './console-scene.ts'

const cluster = 'local'
const group = '计费/billing%2F'
const topic = 'orders'

async function commit(address: string, offsets: readonly number[]): Promise<void> {
  const options = { clientId: 'test', bootstrapBrokers: [address], groupId: group }
  const consumer = new Consumer({ ...options, deserializers: stringDeserializers })
  await consumer.joinGroup({})
  await consumer.commit({
    offsets: offsets.map((offset, partition) => ({ topic, partition, offset: BigInt(offset), leaderEpoch: 0 })),
  })
  await consumer.leaveGroup()
  await consumer.close()
}

/** A topic of two partitions with five records each, at 1000 to 5000 ms, and a group that has read `commits`. */
async function openScene(commits: readonly number[] = [3, 4]): Promise<ConsoleScene> {
  const scene = await ConsoleScene.open()
  await scene.caller.topics.create({ cluster, topic, partitions: 2 })
  const options = { clientId: 'test', bootstrapBrokers: [scene.broker.address], serializers: stringSerializers }
  const producer = new Producer(options)
  const messages = Array.from({ length: 10 }, (_, i) => ({
    topic,
    partition: i % 2,
    key: 'k',
    value: 'v',
    timestamp: BigInt(1000 * (1 + Math.floor(i / 2))),
  }))
  await producer.send({ messages, acks: -1 })
  await producer.close()
  await commit(scene.broker.address, commits)
  return scene
}

async function committed({ caller }: ConsoleScene): Promise<(number | null)[]> {
  const { partitions } = await caller.groups.get({ cluster, group })
  return partitions.map((row) => row.committed)
}

test('a reset is planned, applied once, listed with its before-image, and undone', async () => {
  await using scene = await openScene()
  const { caller } = scene
  const plan = await caller.groups.resetPlan({ cluster, group, target: { kind: 'time', timestampMs: 2000 } })
  assert.deepEqual(plan.totals.replays, 5)
  assert.equal(plan.mustConfirm, false)
  assert.equal(
    plan.command,
    `odradek groups reset '计费/billing%2F' --to-time 1970-01-01T00:00:02.000Z --apply --bootstrap ${scene.broker.address}`,
  )
  const [first, second] = await Promise.all([
    caller.groups.resetApply({ cluster, planId: plan.planId }),
    caller.groups.resetApply({ cluster, planId: plan.planId }),
  ])
  assert.deepEqual(second, first, 'a double click is one reset')
  assert.deepEqual(await committed(scene), [1, 1])
  const { done } = await caller.groups.resets({ cluster, group })
  assert.deepEqual(
    done.map(({ id, what, results }) => [id, what, results.map(({ before, after }) => [before, after])]),
    [
      [
        first.resetId,
        'to 1970-01-01T00:00:02.000Z',
        [
          [3, 1],
          [4, 1],
        ],
      ],
    ],
  )
  const undo = await caller.groups.resetUndo({ cluster, group, resetId: first.resetId })
  assert.deepEqual(await committed(scene), [3, 4])
  await assert.rejects(caller.groups.resetUndo({ cluster, group, resetId: randomUUID() }), {
    code: 'NOT_FOUND',
  })
  const after = await caller.groups.resets({ cluster, group })
  assert.deepEqual(
    after.done.map(({ undoes, undoneBy }) => [undoes, undoneBy]),
    [
      [first.resetId, null],
      [null, undo.resetId],
    ],
  )
})

test('drift is refused and named, undo too; skipping has to be confirmed by the name', async () => {
  await using scene = await openScene()
  const { caller, broker } = scene
  const plan = await caller.groups.resetPlan({ cluster, group, target: { kind: 'earliest' } })
  await commit(broker.address, [4, 4])
  await assert.rejects(caller.groups.resetApply({ cluster, planId: plan.planId }), {
    code: 'CONFLICT',
    message: /1 partition has moved since the plan: orders-0/,
  })
  const skip = await caller.groups.resetPlan({ cluster, group, target: { kind: 'latest' } })
  assert.equal(skip.mustConfirm, true)
  await assert.rejects(caller.groups.resetApply({ cluster, planId: skip.planId }), { code: 'BAD_REQUEST' })
  const { resetId } = await caller.groups.resetApply({ cluster, planId: skip.planId, confirm: group })
  assert.deepEqual(await committed(scene), [5, 5])
  await commit(broker.address, [5, 2])
  await assert.rejects(caller.groups.resetUndo({ cluster, group, resetId }), { code: 'CONFLICT', message: /orders-1/ })
  const target = { kind: 'undo', resetId } as const
  const back = await caller.groups.resetPlan({ cluster, group, target })
  assert.deepEqual(
    back.rows.map((row) => [row.current, row.target]),
    [
      [5, 4],
      [2, 4],
    ],
  )
})

test('an armed reset is applied when the last member has left', async () => {
  await using scene = await openScene()
  const { caller, broker } = scene
  const options = { clientId: 'worker', bootstrapBrokers: [broker.address], groupId: group }
  const consumer = new Consumer({ ...options, deserializers: stringDeserializers })
  consumer.topics.trackAll(topic)
  await consumer.joinGroup({})
  const { rows } = await caller.groups.list({ cluster, member: 'WORK 127.' })
  assert.deepEqual(
    rows.map(({ id, members, clients }) => [id, members, clients?.map(({ clientId }) => clientId)]),
    [[group, 1, ['worker']]],
    'a group is found by client id and host of a member',
  )
  assert.deepEqual((await caller.groups.list({ cluster, member: 'somebody' })).rows, [])
  const newcomer = new Consumer({
    ...options,
    clientId: 'novice',
    groupId: 'newcomers',
    deserializers: stringDeserializers,
  })
  newcomer.topics.trackAll(topic)
  await newcomer.joinGroup({})
  const found = await caller.groups.list({ cluster, member: 'novice' })
  assert.deepEqual(
    found.rows.map(({ id, members }) => [id, members]),
    [['newcomers', 1]],
    'also a group that began since members were asked for',
  )
  await newcomer.leaveGroup()
  await newcomer.close()
  const plan = await caller.groups.resetPlan({ cluster, group, target: { kind: 'earliest' } })
  assert.equal(plan.state.canBeMoved, false)
  await assert.rejects(caller.groups.resetApply({ cluster, planId: plan.planId }), { code: 'PRECONDITION_FAILED' })
  const armed = await caller.groups.resetArm({ cluster, planId: plan.planId })
  await assert.rejects(caller.groups.resetArm({ cluster, planId: plan.planId }), { code: 'CONFLICT' })
  assert.deepEqual(await committed(scene), [3, 4])
  await consumer.leaveGroup()
  await consumer.close()
  const settled = await scene.console.resets(cluster).settled(armed.id)
  assert.deepEqual((await caller.groups.resets({ cluster, group })).armed, [settled])
  assert.ok(settled?.outcome)
  assert.equal(settled.outcome.error, null)
  assert.deepEqual(await committed(scene), [0, 0])
  const { done } = await caller.groups.resets({ cluster, group })
  assert.equal(done[0]?.id, settled.outcome.resetId)
})

test('why is it stuck: no member; a record that holds a partition up is found by watching', async () => {
  await using scene = await openScene()
  const { caller, broker } = scene
  const before = await caller.groups.diagnose({ cluster, group })
  assert.equal(before.isStuck, true)
  assert.deepEqual(
    before.causes.filter(({ state }) => state === 'found').map(({ kind, partitions }) => [kind, partitions.length]),
    [['noMembers', 2]],
  )
  const options = { clientId: 'worker', bootstrapBrokers: [broker.address], groupId: group }
  const consumer = new Consumer({ ...options, deserializers: stringDeserializers, sessionTimeout: 60_000 })
  consumer.topics.trackAll(topic)
  await consumer.joinGroup({})
  const early = await caller.groups.diagnose({ cluster, group })
  assert.equal(
    early.causes.find(({ kind }) => kind === 'standingStill')?.state,
    'unknown',
    'not watched for long enough',
  )
  assert.equal(scene.console.session(cluster).sampler.watchedMs(group, 0), 0, 'not less than nothing')
  const later = await diagnose(scene.console.session(cluster), group, () => Date.now() + 40_000)
  const standing = later.causes.find(({ kind }) => kind === 'standingStill')
  assert.equal(standing?.state, 'found')
  assert.deepEqual(
    standing?.partitions.map(({ partition, offset, facts }) => [partition, offset, facts.record]),
    [
      [0, 3, 3],
      [1, 4, 4],
    ],
  )
  assert.deepEqual(
    standing?.remedies.map(({ kind, record, shift }) => [kind, record?.offset ?? shift?.by]),
    [
      ['lookAtRecord', 3],
      ['skipRecord', 1],
    ],
  )
  await consumer.leaveGroup()
  await consumer.close()
})

test('commits of a topic are taken away, and a group is deleted by its name', async () => {
  await using scene = await openScene()
  const { caller } = scene
  const results = await caller.groups.deleteOffsets({ cluster, group, topic, partitions: [1] })
  assert.deepEqual(
    results.map(({ partition, committed, error }) => [partition, committed, error]),
    [[1, 4, null]],
  )
  assert.deepEqual(await committed(scene), [3, null])
  await assert.rejects(caller.groups.delete({ cluster, group, confirm: 'yes' }), { code: 'BAD_REQUEST' })
  await caller.groups.delete({ cluster, group, confirm: group })
  await assert.rejects(caller.groups.get({ cluster, group }), { code: 'NOT_FOUND' })
})

test('the lag has a history from the moment somebody looks', async () => {
  await using scene = await openScene()
  const { caller, console } = scene
  await console.session(cluster).sampler.take()
  const { history } = await caller.groups.lagSeries({ cluster, group })
  assert.deepEqual(history?.values.lag, [3])
  const overview = await caller.overview.series({ cluster })
  assert.deepEqual(overview.values.lag, [3])
})
