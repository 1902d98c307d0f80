import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupConfig } from './group-config.ts'
import { parseBrokerConfig, parseConfig } from './parse-config.ts'
import { topicConfig } from './topic-config.ts'

test('only what was given is in the result, in its type and in its text form', () => {
  const parsed = parseConfig(topicConfig, {
    'retention.ms': ' 1000 ',
    'min.cleanable.dirty.ratio': 1,
    'flush.mode': 'sync',
  })
  assert.deepEqual(parsed.errors, [])
  assert.deepEqual(parsed.values, { 'retention.ms': 1000, 'min.cleanable.dirty.ratio': 1, 'flush.mode': 'sync' })
  assert.deepEqual(parsed.texts, { 'retention.ms': '1000', 'min.cleanable.dirty.ratio': '1.0', 'flush.mode': 'sync' })
})

test('every problem is reported, with the key, the value and a sentence', () => {
  const { errors, values } = parseConfig(topicConfig, {
    'retention.mss': '5',
    'retention.ms': '-5',
    'segment.bytes': '4096',
  })
  assert.deepEqual(errors, [
    { key: 'retention.mss', value: '5', text: 'Unknown key "retention.mss". Did you mean "retention.ms"?' },
    { key: 'retention.ms', value: '-5', text: 'retention.ms must be at least -1, not -5' },
  ])
  assert.deepEqual(values, { 'segment.bytes': 4096 })
})

test('a key of Kafka that would not act is refused like any unknown one', () => {
  for (const key of [
    'flush.offset.checkpoint.interval.ms',
    'index.interval.messages',
    'local.retention.ms',
    'remote.storage.enable',
    'toString',
  ]) {
    const { errors } = parseConfig(topicConfig, { [key]: '1' })
    assert.match(errors[0]?.text ?? '', /^Unknown key "[\w.]+"\. (Did you mean|The nearest key is) "[\w.]+"[.?]$/, key)
  }
  assert.match(parseConfig(groupConfig, { x: '1' }).errors[0]?.text ?? '', /^Unknown key "x"\. The nearest key is /)
  assert.equal(parseConfig({}, { x: '1' }).errors[0]?.text, 'Unknown key "x". There are no keys in this scope.')
})

test('suffixes are for files and flags only', () => {
  assert.equal(parseConfig(topicConfig, { 'retention.ms': '7d' }).errors.length, 1)
  assert.deepEqual(parseBrokerConfig({ 'log.retention.ms': '7d', 'log.segment.bytes': '16MiB' }).texts, {
    'log.retention.ms': '604800000',
    'log.segment.bytes': '16777216',
  })
})

test('a broker config has every key, frozen, with what was given in place', () => {
  const { config, errors } = parseBrokerConfig({ 'broker.id': 7, listeners: ['A://127.0.0.1:0', 'B://[::1]:0'] })
  assert.deepEqual(errors, [])
  assert.equal(config['node.id'], 7)
  assert.deepEqual(config.listeners, ['A://127.0.0.1:0', 'B://[::1]:0'])
  assert.equal(config['num.partitions'], 1)
  assert.equal(Object.hasOwn(config, 'broker.id'), false)
  assert.ok(Object.isFrozen(config))
})

test('keys that contradict each other are refused', () => {
  const texts = (entries: Record<string, string>) => parseBrokerConfig(entries).errors.map((error) => error.text)
  assert.deepEqual(texts({ 'group.min.session.timeout.ms': '9000', 'group.max.session.timeout.ms': '8000' }), [
    'group.min.session.timeout.ms must be at most group.max.session.timeout.ms (8000), not 9000',
  ])
  assert.deepEqual(texts({ listeners: 'A://:1,a://:2' }), ['listeners must have different names, but A is there twice'])
  assert.deepEqual(texts({ listeners: 'A://:1', 'advertised.listeners': 'C://kafka.example:1' }), [
    'advertised.listeners names C, which is not one of listeners (A)',
  ])
  assert.deepEqual(texts({ 'retry.topic.prefix': 'dlq.' }), [
    'dlq.topic.prefix must differ from retry.topic.prefix (dlq.): both topics of a group would have one name',
  ])
})

test('thresholds of a disk come into force in their order', () => {
  const texts = (entries: Record<string, string>) => parseBrokerConfig(entries).errors.map((error) => error.text)
  assert.deepEqual(texts({ 'disk.force.above.percent': '92' }), [
    'disk.refuse.above.percent must be at least disk.force.above.percent (92), not 90',
  ])
  assert.deepEqual(texts({ 'disk.force.above.percent': '90', 'disk.refuse.internal.above.percent': '90' }), [])
})

test('listeners are checked for their form and for what is not served', () => {
  const first = (entries: Record<string, string>) => parseBrokerConfig(entries).errors[0]?.text
  assert.equal(
    first({ listeners: 'localhost:9092' }),
    'listeners must be NAME://host:port, for example PLAINTEXT://127.0.0.1:9092, not "localhost:9092"',
  )
  assert.equal(
    first({ listeners: 'SASL_SSL://:9092' }),
    'listeners names the security protocol SASL_SSL, which is not served; use PLAINTEXT or a name of your own (plain text)',
  )
  assert.match(
    first({ 'advertised.listeners': 'PLAINTEXT://:9092' }) ?? '',
    /must name a host that clients can connect to/,
  )
  assert.match(first({ listeners: 'PLAINTEXT://a:65536' }) ?? '', /must be NAME:\/\/host:port/)
})
