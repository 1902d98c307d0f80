import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MetadataValueError } from './metadata-value-error.ts'
import {
  formatBroker,
  formatTopic,
  parseBroker,
  parseCluster,
  parseConfigs,
  parseController,
  parseProducerIds,
  parseTopic,
  type TopicValue,
} from './values.ts'

const topic: TopicValue = {
  topicId: 'AbCdEfGhIjKlMnOpQrStUv',
  partitions: [
    { index: 0, replicas: [1, 2, 3], isr: [1, 3], leader: 3, leaderEpoch: 4, partitionEpoch: 9 },
    { index: 1, replicas: [2], isr: [], leader: -1, leaderEpoch: 0, partitionEpoch: 0 },
  ],
  configs: { 'cleanup.policy': 'compact', 'retention.ms': '-1' },
}

describe('values of the metadata store', () => {
  it('are read as they were written', () => {
    assert.deepEqual(parseTopic('k', formatTopic(topic)), topic)
    const broker = {
      listeners: [{ name: 'PLAINTEXT', host: '::1', port: 9092 }],
      rack: 'a',
      isStopping: true,
      place: 'p',
    }
    assert.deepEqual(parseBroker('k', formatBroker(broker)), broker)
    assert.deepEqual(parseBroker('k', '{"listeners":[],"rack":null}'), {
      listeners: [],
      rack: null,
      isStopping: false,
      place: null,
    })
  })

  it('are read as they were written, with what most partitions do not have', () => {
    const [partition] = topic.partitions
    const more = [
      { adding: [2], removing: [] },
      { elr: [2] },
      { lastElr: [2], offline: [1, 2] },
      { adding: [2], removing: [1], elr: [1], lastElr: [2], offline: [3] },
    ]
    const partitions = more.map((fields, index) => ({ ...partition!, ...fields, index }))
    assert.deepEqual(parseTopic('k', formatTopic({ ...topic, partitions })).partitions, partitions)
  })

  it('are read where a newer release put more into them', () => {
    const packed = [[1], [1], 1, 2, 3, [], [], [], [], [], 'later', { even: 'more' }]
    const text = JSON.stringify({ topicId: 'a'.repeat(22), partitions: [packed], configs: {}, colour: 'blue' })
    assert.deepEqual(parseTopic('k', text).partitions, [
      { index: 0, replicas: [1], isr: [1], leader: 1, leaderEpoch: 2, partitionEpoch: 3 },
    ])
  })

  it('pack a partition into a tuple', () => {
    assert.equal(
      formatTopic(topic),
      '{"topicId":"AbCdEfGhIjKlMnOpQrStUv","partitions":[[[1,2,3],[1,3],3,4,9],[[2],[],-1,0,0]],' +
        '"configs":{"cleanup.policy":"compact","retention.ms":"-1"}}',
    )
  })

  const good = JSON.parse(formatTopic(topic)) as Record<string, unknown>
  const bad: readonly (readonly [string, string, (key: string, text: string) => unknown])[] = [
    ['no JSON', '{', parseTopic],
    ['null', 'null', parseTopic],
    ['an array', '[]', parseConfigs],
    ['a topic without id', JSON.stringify({ ...good, topicId: undefined }), parseTopic],
    ['a short topic id', JSON.stringify({ ...good, topicId: 'abc' }), parseTopic],
    ['no partitions', JSON.stringify({ ...good, partitions: null }), parseTopic],
    ['a short partition', JSON.stringify({ ...good, partitions: [[[1], [1], 1, 0]] }), parseTopic],
    ['a partition between two', JSON.stringify({ ...good, partitions: [[[1], [1], 1, 0, 0, [1]]] }), parseTopic],
    ['a negative broker', JSON.stringify({ ...good, partitions: [[[-1], [1], 1, 0, 0]] }), parseTopic],
    ['a broken leader epoch', JSON.stringify({ ...good, partitions: [[[1], [1], 1, 0.5, 0]] }), parseTopic],
    ['a number as config', JSON.stringify({ ...good, configs: { 'retention.ms': 1 } }), parseTopic],
    ['no configs', JSON.stringify({ ...good, configs: undefined }), parseTopic],
    ['a listener without port', '{"listeners":[{"name":"A","host":"h"}],"rack":null}', parseBroker],
    ['a listener that is null', '{"listeners":[null],"rack":null}', parseBroker],
    ['a rack that is a number', '{"listeners":[],"rack":1}', parseBroker],
    ['a controller that is text', '{"brokerId":"1"}', parseController],
    ['a cluster without id', '{}', parseCluster],
    ['a negative producer id', '{"next":-1}', parseProducerIds],
  ]
  for (const [what, text, parse] of bad) {
    it(`are refused with their key: ${what}`, () => {
      assert.throws(
        () => parse('/odradek/topics/t', text),
        (error: Error) => error instanceof MetadataValueError && error.message.includes('/odradek/topics/t'),
      )
    })
  }
})
