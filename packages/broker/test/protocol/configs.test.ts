/** DescribeConfigs (32), AlterConfigs (33), IncrementalAlterConfigs (44), ListConfigResources (74). */
import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, test } from 'node:test'
import {
  AlterConfigs,
  DescribeConfigs,
  IncrementalAlterConfigs,
  ListConfigResources,
  Metadata,
  type ResponseOutput,
} from '@odradek/protocol'
import { oursOnly, Subject, settled } from './subject.ts'
import { WireTopic } from './wire-topic.ts'

const UNKNOWN_TOPIC_OR_PARTITION = 3
const MESSAGE_TOO_LARGE = 10
const UNSUPPORTED_VERSION = 35
const INVALID_CONFIG = 40
const INVALID_REQUEST = 42
const TOPIC = 2
const BROKER = 4
const CLIENT_METRICS = 16
const GROUP = 32
const SET = 0
const DELETE = 1
const APPEND = 2
const SUBTRACT = 3
/** Where a value comes from. */
const DYNAMIC_TOPIC = 1
const DYNAMIC_BROKER = 2
const DYNAMIC_DEFAULT_BROKER = 3
const STATIC = 4
const DEFAULT = 5

type Described = ResponseOutput<typeof DescribeConfigs>['results'][number]

const subject = await Subject.start({ 'log.retention.bytes': 7_000_000 })
after(() => subject.close())
const client = await subject.connect()
const { controllerId } = await client.send(Metadata, 12, { topics: [] })
const broker = String(controllerId)
afterEach(async () => {
  for (const name of [broker, '']) await alter(BROKER, name, { 'message.max.bytes': [DELETE, null] })
})

async function describe(
  resourceType: number,
  resourceName: string,
  configurationKeys: string[] | null = null,
  version = 4,
): Promise<Described> {
  const resources = [{ resourceType, resourceName, configurationKeys }]
  const asked = { resources, includeSynonyms: true, includeDocumentation: true }
  const { results } = await client.send(DescribeConfigs, version, asked)
  equal(results.length, 1)
  return results[0]!
}

/** One key: value, source and synonyms (name, value, source). */
async function one(resourceType: number, resourceName: string, key: string) {
  const { errorCode, configs } = await describe(resourceType, resourceName, [key])
  deepEqual([errorCode, configs.length], [0, 1])
  const { value, configSource, synonyms } = configs[0]!
  return { value, configSource, synonyms: synonyms.map(({ name, value: text, source }) => [name, text, source]) }
}

test('naming keys tells these alone, naming none tells all', async () => {
  const keys = async (asked: string[] | null) => (await describe(BROKER, broker, asked)).configs.map(({ name }) => name)
  const all = await keys(null)
  deepEqual(await keys([]), all)
  deepEqual((await keys(['num.partitions', 'no.such.key', 'default.replication.factor'])).toSorted(), [
    'default.replication.factor',
    'num.partitions',
  ])
})

async function alter(
  resourceType: number,
  resourceName: string,
  changes: Readonly<Record<string, readonly [operation: number, value: string | null]>>,
  { version = 1, validateOnly = false } = {},
) {
  const configs = Object.entries(changes).map(([name, [configOperation, value]]) => ({ name, configOperation, value }))
  const resources = [{ resourceType, resourceName, configs }]
  const { responses } = await client.send(IncrementalAlterConfigs, version, { resources, validateOnly })
  await settled()
  equal(responses.length, 1)
  const { errorCode, errorMessage } = responses[0]!
  deepEqual([responses[0]!.resourceType, responses[0]!.resourceName], [resourceType, resourceName])
  return { errorCode, errorMessage: errorMessage ?? '' }
}

for (let version = 1; version <= 4; version += 1) {
  test(`DescribeConfigs version ${version} lists every key of a topic with its source`, async () => {
    const topic = await WireTopic.create(client, { configs: { 'retention.ms': '1000' } })
    const { errorCode, configs } = await describe(TOPIC, topic.name, null, version)
    equal(errorCode, 0)
    ok(configs.length > 15)
    equal(new Set(configs.map(({ name }) => name)).size, configs.length)
    const set = configs.find(({ name }) => name === 'retention.ms')!
    deepEqual([set.value, set.configSource, set.readOnly, set.isSensitive], ['1000', DYNAMIC_TOPIC, false, false])
    const unset = configs.find(({ name }) => name === 'segment.ms')!
    deepEqual([unset.value, unset.configSource], ['604800000', DEFAULT])
    equal(set.configType, version >= 3 ? 5 : 0, 'LONG')
    equal(typeof set.documentation, version >= 3 ? 'string' : 'object')
    if (version >= 3) {
      const types = Object.fromEntries(configs.map(({ name, configType }) => [name, configType]))
      deepEqual([types['segment.bytes'], types['cleanup.policy'], types['min.cleanable.dirty.ratio']], [3, 7, 6])
    }
  })
}

test('DescribeConfigs tells synonyms: every place that has a say, the winner first', async () => {
  const topic = await WireTopic.create(client, { configs: { 'max.message.bytes': '1000' } })
  const { synonyms } = await one(TOPIC, topic.name, 'max.message.bytes')
  deepEqual(synonyms, [
    ['max.message.bytes', '1000', DYNAMIC_TOPIC],
    ['message.max.bytes', '1048588', DEFAULT],
  ])
  const plain = await client.send(DescribeConfigs, 4, {
    resources: [{ resourceType: TOPIC, resourceName: topic.name }],
  })
  for (const config of plain.results[0]!.configs) deepEqual([config.synonyms, config.documentation], [[], null])
})

test('DescribeConfigs gives the keys that are asked for, and nothing for unknown ones', async () => {
  const topic = await WireTopic.create(client)
  const { configs } = await describe(TOPIC, topic.name, ['retention.ms', 'no.such.key'])
  deepEqual(
    configs.map(({ name }) => name),
    ['retention.ms'],
  )
})

test('DescribeConfigs of what does not exist', async () => {
  equal((await describe(TOPIC, `none-${randomUUID()}`)).errorCode, UNKNOWN_TOPIC_OR_PARTITION)
  equal((await describe(BROKER, '4711')).errorCode, INVALID_REQUEST)
  equal((await describe(99, 'x')).errorCode, INVALID_REQUEST)
})

test('DescribeConfigs of a broker: read-only keys, static ones, defaults', { skip: oursOnly }, async () => {
  const { configs } = await describe(BROKER, broker)
  const told = (key: string) => {
    const { value, configSource, readOnly } = configs.find(({ name }) => name === key)!
    return [value, configSource, readOnly]
  }
  deepEqual(told('log.retention.bytes'), ['7000000', STATIC, false])
  deepEqual(told('num.partitions'), ['1', DEFAULT, true])
  deepEqual(told('message.max.bytes'), ['1048588', DEFAULT, false])
})

test('a topic inherits what its broker sets, statically or dynamically', { skip: oursOnly }, async () => {
  const topic = await WireTopic.create(client)
  deepEqual(await one(TOPIC, topic.name, 'retention.bytes'), {
    value: '7000000',
    configSource: STATIC,
    synonyms: [
      ['log.retention.bytes', '7000000', STATIC],
      ['log.retention.bytes', '-1', DEFAULT],
    ],
  })
})

test('IncrementalAlterConfigs sets and deletes single keys and leaves the others', async () => {
  const topic = await WireTopic.create(client, { configs: { 'retention.ms': '1000', 'segment.ms': '2000000' } })
  for (const version of [0, 1]) {
    const set = { 'retention.ms': [SET, `${5000 + version}`] } as const
    equal((await alter(TOPIC, topic.name, set, { version })).errorCode, 0)
    equal((await one(TOPIC, topic.name, 'retention.ms')).value, `${5000 + version}`)
  }
  equal((await one(TOPIC, topic.name, 'segment.ms')).value, '2000000')
  equal((await alter(TOPIC, topic.name, { 'retention.ms': [DELETE, null] })).errorCode, 0)
  const back = await one(TOPIC, topic.name, 'retention.ms')
  deepEqual([back.value, back.configSource], ['604800000', DEFAULT])
  equal((await one(TOPIC, topic.name, 'segment.ms')).value, '2000000')
})

test('IncrementalAlterConfigs appends to lists and takes out of them', async () => {
  const topic = await WireTopic.create(client)
  const policy = async () => (await one(TOPIC, topic.name, 'cleanup.policy')).value
  equal((await alter(TOPIC, topic.name, { 'cleanup.policy': [APPEND, 'compact'] })).errorCode, 0)
  equal(await policy(), 'delete,compact')
  equal((await alter(TOPIC, topic.name, { 'cleanup.policy': [APPEND, 'compact'] })).errorCode, 0)
  equal(await policy(), 'delete,compact', 'what is there is not added again')
  equal((await alter(TOPIC, topic.name, { 'cleanup.policy': [SUBTRACT, 'delete'] })).errorCode, 0)
  equal(await policy(), 'compact')
  equal((await alter(TOPIC, topic.name, { 'retention.ms': [APPEND, '1'] })).errorCode, INVALID_CONFIG)
})

test('IncrementalAlterConfigs refuses bad values, unknown keys and operations, and changes nothing', async () => {
  const topic = await WireTopic.create(client)
  const unknown = await alter(TOPIC, topic.name, { 'retention.mss': [SET, '1'] })
  equal(unknown.errorCode, INVALID_CONFIG)
  match(unknown.errorMessage, oursOnly ? /retention\.mss/ : /retention\.ms\b(?!s)/)
  const bad = await alter(TOPIC, topic.name, { 'segment.ms': [SET, '2000000'], 'retention.ms': [SET, '-2'] })
  equal(bad.errorCode, INVALID_CONFIG)
  equal((await one(TOPIC, topic.name, 'segment.ms')).value, '604800000', 'not the good half either')
  // Kafka calls this an unknown server error.
  ok(oursOnly || (await alter(TOPIC, topic.name, { 'retention.ms': [9, '1'] })).errorCode === INVALID_REQUEST)
  equal((await alter(TOPIC, topic.name, { 'retention.ms': [SET, null] })).errorCode, INVALID_REQUEST)
  equal((await alter(TOPIC, `none-${topic.name}`, {})).errorCode, UNKNOWN_TOPIC_OR_PARTITION)
  notEqual((await alter(99, 'x', { a: [SET, 'b'] })).errorCode, 0)
})

test('a resource or a key given twice is INVALID_REQUEST', async () => {
  const topic = await WireTopic.create(client)
  const config = { name: 'retention.ms', configOperation: SET, value: '5' }
  const resource = { resourceType: TOPIC, resourceName: topic.name, configs: [config] }
  const twice = await client.send(IncrementalAlterConfigs, 1, { resources: [resource, resource] })
  deepEqual(new Set(twice.responses.map(({ errorCode }) => errorCode)), new Set([INVALID_REQUEST]))
  const keys = await client.send(IncrementalAlterConfigs, 1, {
    resources: [{ ...resource, configs: [config, config] }],
  })
  equal(keys.responses[0]!.errorCode, INVALID_REQUEST)
  equal((await one(TOPIC, topic.name, 'retention.ms')).configSource, DEFAULT)
})

test('validateOnly answers as if, and changes nothing', async () => {
  const topic = await WireTopic.create(client)
  const validateOnly = true
  equal((await alter(TOPIC, topic.name, { 'retention.ms': [SET, '5'] }, { validateOnly })).errorCode, 0)
  equal((await alter(TOPIC, topic.name, { 'retention.ms': [SET, '-2'] }, { validateOnly })).errorCode, INVALID_CONFIG)
  equal((await one(TOPIC, topic.name, 'retention.ms')).configSource, DEFAULT)
})

for (const version of [0, 1, 2]) {
  test(`AlterConfigs version ${version} replaces all that was set`, async () => {
    const topic = await WireTopic.create(client, { configs: { 'retention.ms': '1000', 'segment.ms': '2000000' } })
    const ask = async (configs: { name: string; value: string | null }[], validateOnly = false) => {
      const resources = [{ resourceType: TOPIC, resourceName: topic.name, configs }]
      const { responses } = await client.send(AlterConfigs, version, { resources, validateOnly })
      await settled()
      return responses[0]!.errorCode
    }
    equal(await ask([], true), 0)
    equal((await one(TOPIC, topic.name, 'retention.ms')).value, '1000')
    equal(await ask([{ name: 'retention.ms', value: '-2' }]), INVALID_CONFIG)
    equal(await ask([{ name: 'retention.bytes', value: '5' }]), 0)
    equal((await one(TOPIC, topic.name, 'retention.ms')).configSource, DEFAULT)
    equal((await one(TOPIC, topic.name, 'segment.ms')).configSource, DEFAULT)
    equal((await one(TOPIC, topic.name, 'retention.bytes')).value, '5')
  })
}

test('keys that are fixed while the broker runs are refused', async () => {
  const fixed = await alter(BROKER, broker, { 'num.partitions': [SET, '3'] })
  equal(fixed.errorCode, INVALID_REQUEST)
  const listeners = await alter(BROKER, '', { 'connections.max.idle.ms': [SET, '5'] })
  ok(oursOnly || listeners.errorCode === INVALID_REQUEST)
  const typo = await alter(BROKER, broker, { 'message.max.byte': [SET, '5'] })
  ok(oursOnly || (typo.errorCode === INVALID_CONFIG && /message\.max\.bytes/.test(typo.errorMessage)))
})

test('what Kafka lets change of its cleaner while it runs changes here', async () => {
  const changes = {
    'log.cleaner.backoff.ms': '15001',
    'log.cleaner.io.max.bytes.per.second': '1.0E9',
    'log.cleaner.dedupe.buffer.size': '134217729',
    'log.cleaner.min.cleanable.ratio': '0.6',
  }
  for (const [key, value] of Object.entries(changes)) {
    deepEqual(await alter(BROKER, '', { [key]: [SET, value] }), { errorCode: 0, errorMessage: '' }, key)
    equal((await alter(BROKER, '', { [key]: [DELETE, null] })).errorCode, 0)
  }
})

test('dynamic broker configs act at once, those of one broker before those of all', async () => {
  const topic = await WireTopic.create(client)
  const big = { records: [{ value: 'x'.repeat(1000), timestamp: Date.now() }] }
  equal((await topic.produce(big)).errorCode, 0)
  equal((await alter(BROKER, '', { 'message.max.bytes': [SET, '500'] })).errorCode, 0)
  const told = async () => await one(BROKER, broker, 'message.max.bytes')
  // Kafka's broker takes a moment to hear of it.
  while (oursOnly && (await told()).value !== '500');
  deepEqual([(await told()).value, (await told()).configSource], ['500', DYNAMIC_DEFAULT_BROKER])
  equal((await topic.produce(big)).errorCode, MESSAGE_TOO_LARGE)
  equal((await alter(BROKER, broker, { 'message.max.bytes': [SET, '5000'] })).errorCode, 0)
  while (oursOnly && (await told()).value !== '5000');
  equal((await told()).configSource, DYNAMIC_BROKER)
  deepEqual(
    (await told()).synonyms.map(([, value, source]) => [value, source]),
    [
      ['5000', DYNAMIC_BROKER],
      ['500', DYNAMIC_DEFAULT_BROKER],
      ['1048588', DEFAULT],
    ],
  )
  equal((await topic.produce(big)).errorCode, 0)
  equal((await alter(BROKER, '', { 'message.max.bytes': [DELETE, null] })).errorCode, 0)
  equal((await alter(BROKER, broker, { 'message.max.bytes': [DELETE, null] })).errorCode, 0)
  while (oursOnly && (await told()).value !== '1048588');
  equal((await told()).configSource, DEFAULT)
})

test('topic configs act at once', async () => {
  const topic = await WireTopic.create(client)
  const big = { records: [{ value: 'x'.repeat(1000), timestamp: Date.now() }] }
  equal((await alter(TOPIC, topic.name, { 'max.message.bytes': [SET, '500'] })).errorCode, 0)
  let { errorCode } = await topic.produce(big)
  while (oursOnly && errorCode === 0) errorCode = (await topic.produce(big)).errorCode
  equal(errorCode, MESSAGE_TOO_LARGE)
})

test('ListConfigResources lists what has configs, by type', async () => {
  const topic = await WireTopic.create(client)
  const ask = async (...resourceTypes: number[]) => {
    const { errorCode, configResources } = await client.send(ListConfigResources, 1, { resourceTypes })
    return {
      errorCode,
      listed: configResources.map(({ resourceType, resourceName }) => `${resourceType} ${resourceName}`),
    }
  }
  ok((await ask(TOPIC)).listed.includes(`${TOPIC} ${topic.name}`))
  ok((await ask(TOPIC)).listed.every((listed) => listed.startsWith(`${TOPIC} `)))
  ok((await ask(BROKER)).listed.includes(`${BROKER} ${broker}`))
  const all = await ask()
  ok(all.listed.includes(`${TOPIC} ${topic.name}`) && all.listed.includes(`${BROKER} ${broker}`))
  deepEqual(await ask(CLIENT_METRICS), { errorCode: 0, listed: [] })
  deepEqual(await ask(GROUP), { errorCode: 0, listed: [] })
  deepEqual(await ask(99), { errorCode: UNSUPPORTED_VERSION, listed: [] })
  const oldest = await client.send(ListConfigResources, 0, {})
  deepEqual([oldest.errorCode, oldest.configResources], [0, []])
})
