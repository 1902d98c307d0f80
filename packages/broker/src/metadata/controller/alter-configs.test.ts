import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorName } from '@odradek/protocol'
import { configResource } from '../config-resource.ts'
import type { MetadataImage } from '../image.ts'
import { after, clusterImage, decisionContext } from '../testing/cluster-image.ts'
import { type AlterRequest, changeConfigs, repeatedResources, replaceConfigs } from './alter-configs.ts'
import { createTopic } from './create-topic.ts'

const SET = 0
const DELETE = 1
const APPEND = 2
const SUBTRACT = 3
const context = decisionContext({ 'log.cleanup.policy': 'compact' })
const broker = clusterImage(1)
const topicRequest = { name: 't', numPartitions: 1, replicationFactor: 1, assignments: [] }
const configs = [
  { name: 'retention.ms', value: '1000' },
  { name: 'segment.bytes', value: '2097152' },
]
const image = after(broker, createTopic(broker, { ...topicRequest, configs }, context))

type Op = [operation: number, name: string, value: string | null]

function incremental(resourceType: number, resourceName: string, ...ops: Op[]): AlterRequest {
  return {
    resourceType,
    resourceName,
    configs: ops.map(([configOperation, name, value]) => ({ name, value, configOperation })),
  }
}

const topic = (...ops: Op[]) => incremental(configResource.topic, 't', ...ops)

/** The configs of topic t afterwards. */
function changed(...ops: Op[]): Readonly<Record<string, string>> {
  const decision = changeConfigs(image, topic(...ops), context)
  assert.equal(decision.result.errorCode, 0, decision.result.errorMessage ?? '')
  return after(image, decision).topics.get('t')!.configs
}

function refusal(request: AlterRequest, decide = changeConfigs, on: MetadataImage = image) {
  const { result, change } = decide(on, request, context)
  assert.equal(change, null)
  assert.deepEqual([result.resourceType, result.resourceName], [request.resourceType, request.resourceName])
  return [errorName(result.errorCode), result.errorMessage]
}

describe('changing configs one by one', () => {
  it('sets and deletes, and leaves the others', () => {
    assert.deepEqual(changed([SET, 'retention.ms', ' 5 '], [DELETE, 'segment.bytes', null]), { 'retention.ms': '5' })
    assert.deepEqual(changed([SET, 'flush.mode', 'sync']), {
      'retention.ms': '1000',
      'segment.bytes': '2097152',
      'flush.mode': 'sync',
    })
  })

  it('leaves id and partitions of the topic as they are', () => {
    const decision = changeConfigs(image, topic([SET, 'retention.ms', '5']), context)
    const [before, now] = [image.topics.get('t')!, after(image, decision).topics.get('t')!]
    assert.deepEqual([now.topicId, now.partitions], [before.topicId, before.partitions])
    assert.equal(decision.change?.base, before.modRevision)
  })

  it('stores nothing where nothing changes', () => {
    const decision = changeConfigs(image, topic([SET, 'retention.ms', '1000'], [DELETE, 'flush.mode', null]), context)
    assert.deepEqual([decision.result.errorCode, decision.change], [0, null])
  })

  it('appends to a list and takes out of it, from what the broker says where the topic says nothing', () => {
    assert.equal(changed([APPEND, 'cleanup.policy', 'delete'])['cleanup.policy'], 'compact,delete')
    assert.equal(changed([APPEND, 'cleanup.policy', 'compact'])['cleanup.policy'], 'compact')
    const both = after(image, changeConfigs(image, topic([SET, 'cleanup.policy', 'delete, compact']), context))
    const less = changeConfigs(both, topic([SUBTRACT, 'cleanup.policy', 'compact,other']), context)
    assert.equal(after(both, less).topics.get('t')!.configs['cleanup.policy'], 'delete')
    assert.equal(refusal(topic([APPEND, 'cleanup.policy', 'shred']))[0], 'INVALID_CONFIG')
    assert.deepEqual(refusal(topic([APPEND, 'retention.ms', '1'])), [
      'INVALID_CONFIG',
      'retention.ms is no list, so nothing can be appended to it or taken out of it. Set it instead.',
    ])
  })

  it('refuses all of a resource where one key is wrong', () => {
    const [code, text] = refusal(
      topic([SET, 'retention.ms', '5'], [SET, 'retention.mss', '1'], [SET, 'segment.bytes', '-5']),
    )
    assert.equal(code, 'INVALID_CONFIG')
    assert.match(text!, /retention\.mss.*segment\.bytes/)
    assert.equal(refusal(topic([SET, '__proto__', 'x']))[0], 'INVALID_CONFIG')
    assert.equal(refusal(topic([APPEND, 'constructor', 'x']))[0], 'INVALID_CONFIG')
  })

  it('refuses requests that contradict themselves', () => {
    assert.deepEqual(refusal(topic([SET, 'retention.ms', '1'], [DELETE, 'retention.ms', null])), [
      'INVALID_REQUEST',
      'retention.ms appears more than once.',
    ])
    assert.deepEqual(refusal(topic([SET, 'retention.ms', null])), ['INVALID_REQUEST', 'retention.ms has no value.'])
    assert.deepEqual(refusal(topic([APPEND, 'cleanup.policy', null]))[0], 'INVALID_REQUEST')
    assert.deepEqual(refusal(topic([4, 'retention.ms', '1']))[0], 'INVALID_REQUEST')
  })

  it('knows its resources', () => {
    const of = (type: number, name: string) => refusal(incremental(type, name, [SET, 'retention.ms', '1']))[0]
    assert.equal(of(configResource.topic, 'u'), 'UNKNOWN_TOPIC_OR_PARTITION')
    assert.equal(of(configResource.topic, 'a b'), 'INVALID_TOPIC_EXCEPTION')
    assert.equal(of(configResource.topic, ''), 'INVALID_REQUEST')
    assert.equal(of(configResource.group, ''), 'INVALID_REQUEST')
    assert.equal(of(configResource.group, 'g'), 'INVALID_CONFIG')
    for (const type of [0, 3, 8, 16, 99]) assert.equal(of(type, 't'), 'INVALID_REQUEST')
    assert.deepEqual(refusal(incremental(16, 'sub', [SET, 'interval.ms', '1'])), [
      'INVALID_REQUEST',
      'There are no configs of client metrics (type 16) here; topics (2), brokers (4) and groups (32) have some.',
    ])
  })
})

describe('replacing configs', () => {
  const replace = (...entries: [string, string | null][]): AlterRequest => ({
    resourceType: configResource.topic,
    resourceName: 't',
    configs: entries.map(([name, value]) => ({ name, value })),
  })

  it('leaves only what was given', () => {
    const decision = replaceConfigs(image, replace(['flush.mode', 'sync']), context)
    assert.equal(decision.result.errorCode, 0)
    assert.deepEqual(after(image, decision).topics.get('t')!.configs, { 'flush.mode': 'sync' })
    assert.deepEqual(after(image, replaceConfigs(image, replace(), context)).topics.get('t')!.configs, {})
  })

  it('refuses what changing refuses', () => {
    assert.equal(refusal(replace(['x', '1']), replaceConfigs)[0], 'INVALID_CONFIG')
    assert.equal(refusal(replace(['retention.ms', null]), replaceConfigs)[0], 'INVALID_REQUEST')
    assert.equal(refusal(replace(['retention.ms', '1'], ['retention.ms', '2']), replaceConfigs)[0], 'INVALID_REQUEST')
  })
})

describe('changing configs of brokers', () => {
  const ofBroker = (name: string, ...ops: Op[]) => incremental(configResource.broker, name, ...ops)

  it('stores what may change while it runs, for one broker or all', () => {
    for (const name of ['1', '']) {
      const decision = changeConfigs(image, ofBroker(name, [SET, 'log.retention.ms', '77']), context)
      assert.equal(decision.result.errorCode, 0, decision.result.errorMessage ?? '')
      const next = after(image, decision)
      assert.deepEqual(next.brokerConfigs.get(name)?.configs, { 'log.retention.ms': '77' })
      const gone = after(next, changeConfigs(next, ofBroker(name, [DELETE, 'log.retention.ms', null]), context))
      assert.deepEqual(gone.brokerConfigs.get(name)?.configs, {})
    }
  })

  it('refuses what needs a restart, foreign brokers, unknown keys and values', () => {
    const [code, text] = refusal(ofBroker('1', [SET, 'log.retention.ms', '7'], [SET, 'node.id', '2']))
    assert.deepEqual([code, text!.startsWith('node.id cannot change while the broker runs')], ['INVALID_REQUEST', true])
    for (const name of ['2', 'x', '-1', '1.0', '01', ' 1']) {
      assert.equal(refusal(ofBroker(name, [SET, 'log.retention.ms', '7']))[0], 'INVALID_REQUEST', name)
    }
    assert.equal(refusal(ofBroker('1', [SET, 'log.retention.mss', '7']))[0], 'INVALID_CONFIG')
    assert.equal(refusal(ofBroker('1', [SET, 'log.retention.ms', 'long']))[0], 'INVALID_CONFIG')
  })

  it('refuses thresholds of disks out of order, whichever layers they are in', () => {
    const [expire, force] = ['disk.expire.above.percent', 'disk.force.above.percent']
    const set = (name: string, ...ops: Op[]) => changeConfigs(image, ofBroker(name, ...ops), context)
    for (const name of ['', '1']) {
      const low = refusal(ofBroker(name, [SET, force, '50']))
      assert.deepEqual(low, ['INVALID_CONFIG', `${force} must be at least ${expire} (75), not 50.`])
      const high = refusal(ofBroker(name, [SET, expire, '88']))
      assert.deepEqual(high, ['INVALID_CONFIG', `${force} must be at least ${expire} (88), not 85.`])
      assert.equal(set(name, [SET, expire, '40'], [SET, force, '50']).result.errorCode, 0)
    }
    // What all have counts for each; a default that is taken away again as well.
    const all = after(image, set('', [SET, expire, '40']))
    const one = changeConfigs(all, ofBroker('1', [SET, force, '50']), context)
    assert.equal(one.result.errorCode, 0)
    const both = after(image, set('', [SET, expire, '40'], [SET, force, '50']))
    const less = changeConfigs(both, ofBroker('', [DELETE, expire, null]), context)
    assert.match(less.result.errorMessage ?? '', /disk\.force\.above\.percent must be at least/)
  })
})

describe('resources that a request names more than once', () => {
  it('are all found', () => {
    const a = topic()
    const b = incremental(configResource.broker, 't')
    assert.deepEqual(repeatedResources([a, b, topic(), incremental(configResource.topic, 'u')]), [
      true,
      false,
      true,
      false,
    ])
  })
})
