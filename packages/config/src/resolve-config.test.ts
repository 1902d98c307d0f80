import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configEntries, configSource } from './config-entries.ts'
import { resolveBrokerConfig, resolveTopicConfig } from './resolve-config.ts'
import { DAY_MS, HOUR_MS } from './units.ts'

test('retention is taken from ms before minutes before hours', () => {
  const retention = (texts: Record<string, string>) => resolveBrokerConfig({ static: texts })['log.retention.ms']
  assert.equal(retention({}), 7 * DAY_MS)
  assert.equal(retention({ 'log.retention.hours': '3' }), 3 * HOUR_MS)
  assert.equal(retention({ 'log.retention.hours': '3', 'log.retention.minutes': '5' }), 300_000)
  assert.equal(retention({ 'log.retention.hours': '3', 'log.retention.minutes': '5', 'log.retention.ms': '7' }), 7)
  assert.equal(retention({ 'log.retention.hours': '-1' }), -1)
  assert.equal(resolveBrokerConfig({ static: { 'log.roll.hours': '2' } })['log.roll.ms'], 2 * HOUR_MS)
})

test('what is set while running wins over the file, for this broker before all brokers', () => {
  const file = { 'message.max.bytes': '1', 'log.retention.ms': '1' }
  const all = { 'message.max.bytes': '2', 'log.retention.hours': '1' }
  const own = { 'message.max.bytes': '3' }
  const config = resolveBrokerConfig({ static: file, dynamicDefault: all, dynamic: own })
  assert.equal(config['message.max.bytes'], 3)
  assert.equal(config['log.retention.ms'], HOUR_MS)
})

test('a topic has its own value, else that of its broker', () => {
  const broker = resolveBrokerConfig({ static: { 'log.retention.minutes': '10', 'log.segment.bytes': '2048' } })
  const topic = resolveTopicConfig({ 'segment.bytes': '4096', 'cleanup.policy': 'compact,delete' }, broker)
  assert.equal(topic['retention.ms'], 600_000)
  assert.equal(topic['segment.bytes'], 4096)
  assert.deepEqual(topic['cleanup.policy'], ['compact', 'delete'])
  assert.ok(Object.isFrozen(topic))
})

test('a stored override that does not parse any more, or has no key, is passed over', () => {
  const topic = resolveTopicConfig({ 'segment.bytes': 'many', 'gone.key': '1' })
  assert.equal(topic['segment.bytes'], 2 ** 30)
  assert.equal(Object.hasOwn(topic, 'gone.key'), false)
})

const named = (entries: ReturnType<typeof configEntries>, name: string) => entries.find((entry) => entry.name === name)

test('an entry tells its value, where it comes from, and everything else that has a say', () => {
  const layers = {
    overrides: { 'retention.ms': '5' },
    static: { 'log.retention.hours': '3' },
    dynamic: { 'log.retention.ms': '9' },
  }
  const entry = named(configEntries('topic', layers), 'retention.ms')
  assert.deepEqual(entry?.synonyms, [
    { name: 'retention.ms', value: '5', source: configSource.dynamicTopic },
    { name: 'log.retention.ms', value: '9', source: configSource.dynamicBroker },
    { name: 'log.retention.hours', value: '3', source: configSource.static },
  ])
  assert.deepEqual(
    named(configEntries('topic', { static: { 'log.segment.bytes': '2048' } }), 'segment.bytes')?.synonyms,
    [
      { name: 'log.segment.bytes', value: '2048', source: configSource.static },
      { name: 'log.segment.bytes', value: '1073741824', source: configSource.default },
    ],
  )
  assert.deepEqual(
    { ...entry, synonyms: [] },
    {
      name: 'retention.ms',
      value: '5',
      source: 1,
      isDefault: false,
      isReadOnly: false,
      isSensitive: false,
      type: 5,
      documentation: 'How long a segment is kept after its newest record. -1 keeps it for ever.',
      synonyms: [],
    },
  )
})

test('a default is called a default, and a key that needs a restart is read-only', () => {
  const entries = configEntries('broker', { static: { 'log.retention.hours': '3' } })
  const nodeId = named(entries, 'node.id')
  assert.equal(nodeId?.value, '1')
  assert.equal(nodeId?.isDefault, true)
  assert.equal(nodeId?.isReadOnly, true)
  const retention = named(entries, 'log.retention.ms')
  assert.equal(retention?.value, '10800000')
  assert.equal(retention?.source, configSource.static)
  assert.equal(retention?.isReadOnly, false)
  assert.equal(named(entries, 'log.retention.hours'), undefined)
})

test('types carry the numbers of the protocol', () => {
  const types = Object.fromEntries(configEntries('topic', {}).map((entry) => [entry.name, entry.type]))
  assert.equal(types['retention.ms'], 5)
  assert.equal(types['segment.bytes'], 3)
  assert.equal(types['min.cleanable.dirty.ratio'], 6)
  assert.equal(types['cleanup.policy'], 7)
  assert.equal(types['compression.type'], 2)
  assert.equal(configEntries('group', {}).find(({ name }) => name === 'retry.max.times')?.type, 3)
})

test('the rocketmq profile keeps segments for 72 hours unless something else is set', () => {
  const retention = (texts: Record<string, string>) =>
    resolveTopicConfig({}, resolveBrokerConfig({ static: { 'cleanup.profile': 'rocketmq', ...texts } }))['retention.ms']
  assert.equal(retention({}), 72 * HOUR_MS)
  assert.equal(retention({ 'log.retention.hours': '168' }), 7 * DAY_MS)
  assert.equal(retention({ 'cleanup.profile': 'kafka' }), 7 * DAY_MS)
})
