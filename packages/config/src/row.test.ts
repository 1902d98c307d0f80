import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BrokerConfig, brokerConfig } from './broker-config.ts'
import { scopes } from './config-entries.ts'
import { intakeTopicConfig } from './intake-config.ts'
import { replicationTopicConfig } from './replication-config.ts'
import { resolveBrokerConfig, resolveTopicConfig } from './resolve-config.ts'
import type { Row, Table } from './row.ts'
import { type TopicConfig, topicConfig } from './topic-config.ts'
import { formatValue, parseValue } from './value.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

test('the types of the values are inferred from the rows', () => {
  // The assignments below are checked by tsc; the values at run time.
  const long: Same<TopicConfig['retention.ms'], number> = true
  const list: Same<TopicConfig['cleanup.policy'], readonly string[]> = true
  const choice: Same<TopicConfig['flush.mode'], 'async' | 'sync'> = true
  const flag: Same<BrokerConfig['auto.create.topics.enable'], boolean> = true
  const text: Same<BrokerConfig['admin.listener'], string> = true
  const standIn: Same<Extract<keyof BrokerConfig, 'log.retention.hours' | 'broker.id' | 'log.dir'>, never> = true
  assert.ok(long && list && choice && flag && text && standIn)
  assert.equal(typeof resolveTopicConfig()['retention.ms'], 'number')
})

const allRows: [string, string, Row][] = Object.entries(scopes).flatMap(([scope, table]) =>
  Object.entries(table).map(([key, row]): [string, string, Row] => [scope, key, row]),
)

test('every default is a good value of its own row and survives its text form', () => {
  for (const [scope, key, row] of allRows) {
    const parsed = parseValue(row, formatValue(row, row.default))
    assert.equal(parsed.problem, null, `${scope} ${key}`)
    assert.deepEqual(parsed.value, row.default, `${scope} ${key}`)
  }
})

test('every row has a doc that ends as a sentence', () => {
  for (const [scope, key, row] of allRows) assert.match(row.doc, /^.{10,320}\.$/, `${scope} ${key}`)
})

test('every topic key inherits from a broker key of the same type and default', () => {
  for (const [key, row] of Object.entries(topicConfig as Table)) {
    if (key in intakeTopicConfig || key in replicationTopicConfig) continue
    const broker = (brokerConfig as Table)[row.from ?? '']
    assert.ok(broker, `${key} inherits from ${row.from}`)
    assert.equal(row.type, broker.type, key)
    assert.deepEqual(row.default, broker.default, key)
    assert.equal(row.mutable, 'topic', key)
  }
})

test('a key that stands for another comes after it and has the same default in its own unit', () => {
  const keys = Object.keys(brokerConfig)
  for (const [key, row] of Object.entries(brokerConfig as Table)) {
    if (row.standsFor === undefined) continue
    assert.ok(keys.indexOf(row.standsFor) < keys.indexOf(key), key)
    const target = (brokerConfig as Table)[row.standsFor]
    const own = typeof row.default === 'number' ? row.default * (row.factor ?? 1) : row.default
    assert.deepEqual(own, target?.default, key)
  }
})

test("defaults are Kafka's, but for the flush mode", () => {
  const topic = resolveTopicConfig()
  assert.equal(topic['retention.ms'], 604_800_000)
  assert.equal(topic['segment.bytes'], 1_073_741_824)
  assert.equal(topic['max.message.bytes'], 1_048_588)
  assert.equal(topic['message.timestamp.after.max.ms'], 3_600_000)
  assert.deepEqual(topic['cleanup.policy'], ['delete'])
  assert.equal(topic['flush.mode'], 'async')
  const broker = resolveBrokerConfig()
  assert.equal(broker['offsets.topic.num.partitions'], 50)
  assert.equal(broker['group.max.session.timeout.ms'], 1_800_000)
  assert.equal(broker['fetch.max.bytes'], 57_671_680)
})
