import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConsoleScene } from './console-scene.ts'

const cluster = 'local'

test('configs of a broker are read and changed; what needs a restart is refused', async () => {
  await using scene = await ConsoleScene.open()
  const { caller } = scene
  const find = async (nodeId: number | null, name: string) => {
    return (await caller.brokers.configs({ cluster, nodeId })).find((entry) => entry.name === name)
  }
  const before = await find(1, 'log.retention.ms')
  assert.deepEqual([before?.origin, before?.isReadOnly, before?.unit], ['default', false, 'ms'])
  const changed = await caller.brokers.setConfig({ cluster, nodeId: 1, name: 'log.retention.ms', value: '1000000' })
  assert.deepEqual(changed.after, { 'log.retention.ms': '1000000', origin: 'broker' })
  assert.equal((await find(1, 'log.retention.ms'))?.isOverridden, true)
  await caller.brokers.setConfig({ cluster, nodeId: 1, name: 'log.retention.ms', value: null })
  assert.deepEqual(await find(1, 'log.retention.ms'), before)
  await caller.brokers.setConfig({ cluster, nodeId: null, name: 'log.retention.ms', value: '2000000' })
  assert.equal((await find(null, 'log.retention.ms'))?.isOverridden, true)
  assert.equal((await find(1, 'log.retention.ms'))?.origin, 'allBrokers')
  const restart = caller.brokers.setConfig({ cluster, nodeId: 1, name: 'node.id', value: '2' })
  await assert.rejects(restart, { code: 'BAD_REQUEST' })
  const { entries } = await caller.audit.list({ cluster, search: 'brokers.setConfig' })
  assert.deepEqual(
    entries.map(({ resource, error }) => [resource, error !== null]),
    [
      ['broker 1', true],
      ['all brokers', false],
      ['broker 1', false],
      ['broker 1', false],
    ],
  )
})

test('a broker tells how it fares through its admin listener, or why it does not', async () => {
  await using scene = await ConsoleScene.open({ broker: { config: { 'admin.listener': '127.0.0.1:0' } } })
  const { caller, broker, console } = scene
  const silent = await caller.brokers.get({ cluster, nodeId: 1 })
  assert.deepEqual(silent.vitals, {
    reason: 'The admin listener has a port that only the broker knows (admin.listener).',
  })
  Object.assign(console.session(cluster).settings, { adminAddress: broker.adminAddress })
  await caller.topics.create({ cluster, topic: 'orders' })
  const { vitals, directories, largest } = await caller.brokers.get({ cluster, nodeId: 1 })
  assert.ok(!('reason' in vitals), JSON.stringify(vitals))
  assert.equal(vitals.status, 'ok')
  assert.ok(vitals.connections >= 1)
  assert.ok(vitals.receivedBytes > 0 && vitals.heapBytes > 0 && vitals.residentBytes > 0)
  assert.equal(directories.length, 1)
  assert.ok(largest.some(({ topic }) => topic === 'orders'))
  await assert.rejects(caller.brokers.get({ cluster, nodeId: 7 }), { message: /no broker 7/ })
  const overview = await caller.overview.get({ cluster })
  assert.equal(overview.flushMode, 'async')
})
