import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MetadataImage } from './image.ts'
import { ImageDraft, loadImage } from './image-draft.ts'
import {
  brokerConfigKey,
  brokerKey,
  clusterKey,
  controllerKey,
  groupConfigKey,
  meaningOfKey,
  producerIdsKey,
  topicKey,
} from './keys.ts'
import type { Entry, EventBatch, StoreEvent } from './store.ts'
import { entry } from './testing/cluster-image.ts'
import { formatBroker, formatCluster, formatConfigs, formatController, formatTopic } from './values.ts'

const topicId = (letter: string) => letter.repeat(22)

function topic(name: string, letter: string, modRevision: number, leaderEpoch = 0): Entry {
  const partition = { index: 0, replicas: [1], isr: [1], leader: 1, leaderEpoch, partitionEpoch: 0 }
  const value = formatTopic({ topicId: topicId(letter), partitions: [partition], configs: {} })
  return entry(topicKey(name), value, modRevision)
}

const put = (entry: Entry): StoreEvent => ({ kind: 'put', key: entry.key, entry })
const remove = (key: string): StoreEvent => ({ kind: 'delete', key })

function next(image: MetadataImage, ...events: StoreEvent[]) {
  const batch: EventBatch = { revision: image.revision + 1, events }
  const draft = new ImageDraft(image)
  draft.apply([batch], (error) => assert.fail(error))
  return draft.finish(batch.revision)
}

const full = loadImage(9, [
  entry(clusterKey, formatCluster('c'), 1),
  entry(controllerKey, formatController(1), 2),
  entry(brokerKey(1), formatBroker({ listeners: [{ name: 'A', host: 'h', port: 1 }], rack: 'r' }), 3),
  entry(brokerConfigKey(''), formatConfigs({ 'log.retention.ms': '1' }), 4),
  entry(brokerConfigKey('1'), formatConfigs({ 'log.retention.ms': '2' }), 5),
  entry(groupConfigKey('a/b'), formatConfigs({}), 6),
  topic('a.b', 'a', 7),
  topic('__consumer_offsets', 'b', 8),
  topic('plain', 'p', 9),
  entry(producerIdsKey, '{"next":1000}', 9),
  entry('/odradek/of-a-later-version', 'anything', 9),
]).image

describe('a metadata image', () => {
  it('holds all that the store has', () => {
    assert.equal(full.revision, 9)
    assert.equal(full.clusterId, 'c')
    assert.deepEqual([full.controllerId, full.controllerEpoch], [1, 2])
    assert.deepEqual(full.brokers.get(1), {
      id: 1,
      epoch: 3,
      listeners: [{ name: 'A', host: 'h', port: 1 }],
      rack: 'r',
      isStopping: false,
      place: null,
      modRevision: 3,
    })
    assert.deepEqual([...full.brokerConfigs.keys()], ['', '1'])
    assert.deepEqual([...full.groupConfigs.keys()], ['a/b'])
    assert.deepEqual([...full.topics.keys()], ['a.b', '__consumer_offsets', 'plain'])
    assert.equal(full.topicsById.get(topicId('p')), full.topics.get('plain'))
    assert.equal(full.topics.get('__consumer_offsets')?.isInternal, true)
    assert.equal(full.topics.get('plain')?.isInternal, false)
    assert.deepEqual(
      [...full.collisions],
      [
        ['a_b', 'a.b'],
        ['__consumer_offsets', '__consumer_offsets'],
      ],
    )
  })

  it('shares what an event does not touch, and says what it touched', () => {
    const { image, change } = next(full, put(topic('plain', 'p', 10, 1)), remove(groupConfigKey('a/b')))
    assert.equal(image.revision, 10)
    assert.deepEqual([...change.topics], ['plain'])
    assert.deepEqual([...change.groupConfigs], ['a/b'])
    assert.equal(change.brokers.size + change.brokerConfigs.size, 0)
    assert.equal(change.controller, false)
    assert.equal(image.topics.get('plain')?.partitions[0]?.leaderEpoch, 1)
    assert.equal(image.topicsById.get(topicId('p')), image.topics.get('plain'))
    assert.equal(image.topics.get('a.b'), full.topics.get('a.b'))
    assert.equal(image.brokers, full.brokers)
    assert.equal(image.brokerConfigs, full.brokerConfigs)
    assert.equal(image.collisions, full.collisions)
  })

  it('stays as it was when the next one is made', () => {
    next(full, remove(topicKey('plain')), remove(topicKey('a.b')), remove(brokerKey(1)), remove(controllerKey))
    assert.equal(full.topics.size, 3)
    assert.equal(full.topicsById.size, 3)
    assert.equal(full.collisions.size, 2)
    assert.equal(full.brokers.size, 1)
    assert.equal(full.controllerId, 1)
  })

  it('forgets what was deleted', () => {
    const { image, change } = next(full, remove(topicKey('a.b')), remove(brokerKey(1)), remove(controllerKey))
    assert.deepEqual([...image.topics.keys()], ['__consumer_offsets', 'plain'])
    assert.equal(image.topicsById.has(topicId('a')), false)
    assert.equal(image.collisions.has('a_b'), false)
    assert.deepEqual([image.controllerId, image.controllerEpoch], [-1, 0])
    assert.deepEqual([[...change.topics], [...change.brokers], change.controller], [['a.b'], [1], true])
    const { change: none } = next(image, remove(topicKey('a.b')), remove(brokerKey(1)))
    assert.equal(none.topics.size + none.brokers.size, 0)
  })

  it('knows a topic that was made again by its new id only', () => {
    const { image, change } = next(full, remove(topicKey('plain')), put(topic('plain', 'q', 10)))
    assert.deepEqual([...change.topics], ['plain'])
    assert.equal(image.topicsById.has(topicId('p')), false)
    assert.equal(image.topicsById.get(topicId('q')), image.topics.get('plain'))
    const replaced = next(full, put(topic('plain', 'r', 10))).image
    assert.deepEqual([...replaced.topicsById.keys()].sort(), [topicId('a'), topicId('b'), topicId('r')])
  })

  it('says that the controller changed when the same broker takes the key anew', () => {
    const { image, change } = next(full, remove(controllerKey), put(entry(controllerKey, formatController(1), 10)))
    assert.equal(change.controller, true)
    assert.deepEqual([image.controllerId, image.controllerEpoch], [1, 10])
  })

  it('leaves what it had where a value cannot be read', () => {
    const errors: string[] = []
    const draft = new ImageDraft(full)
    const events = [
      put(entry(topicKey('plain'), '{}', 10)),
      put(entry(brokerKey(2), '{}', 10)),
      put(topic('new', 'n', 10)),
    ]
    draft.apply([{ revision: 10, events }], (error) => errors.push(error.key))
    const { image } = draft.finish(10)
    assert.deepEqual(errors, [topicKey('plain'), brokerKey(2)])
    assert.equal(image.topics.get('plain'), full.topics.get('plain'))
    assert.equal(image.brokers.has(2), false)
    assert.equal(image.topics.has('new'), true)
  })

  it('is not loaded from values that cannot be read', () => {
    assert.throws(() => loadImage(1, [entry(topicKey('t'), '{}', 1)]), /\/odradek\/topics\/t/)
    assert.throws(() => loadImage(1, [entry('/odradek/brokers/x', '{}', 1)]), /brokers\/x/)
  })

  it('is loaded again by what differs', () => {
    const entries = [topic('a.b', 'a', 7), topic('plain', 'p', 12, 5), topic('new', 'n', 11)]
    const { image, change } = loadImage(12, entries, full)
    assert.equal(image.topics.get('a.b'), full.topics.get('a.b'))
    assert.deepEqual([...change.topics].sort(), ['__consumer_offsets', 'new', 'plain'])
    assert.deepEqual([...change.brokers], [1])
    assert.deepEqual([...change.brokerConfigs], ['', '1'])
    assert.deepEqual([...change.groupConfigs], ['a/b'])
    assert.equal(change.controller, true)
    assert.deepEqual([image.clusterId, image.controllerId, image.brokers.size, image.topics.size], ['', -1, 0, 3])
  })

  it('equals the one loaded from the same entries', () => {
    const entries = [
      topic('x', 'x', 1),
      topic('y_', 'y', 2),
      entry(brokerKey(4), formatBroker({ listeners: [], rack: null }), 3),
    ]
    const stepwise = entries.reduce((image, item) => next(image, put(item)).image, MetadataImage.empty)
    assert.deepEqual(stepwise, loadImage(3, entries).image)
  })
})

describe('the keys of the metadata store', () => {
  it('say what they stand for', () => {
    assert.deepEqual(meaningOfKey(topicKey('a.b')), { kind: 'topic', name: 'a.b' })
    assert.deepEqual(meaningOfKey(brokerKey(7)), { kind: 'broker', name: '7' })
    assert.deepEqual(meaningOfKey(brokerConfigKey('')), { kind: 'brokerConfigs', name: '' })
    assert.deepEqual(meaningOfKey(brokerConfigKey('7')), { kind: 'brokerConfigs', name: '7' })
    assert.deepEqual(meaningOfKey(groupConfigKey('a/b')), { kind: 'groupConfigs', name: 'a/b' })
    assert.equal(meaningOfKey('/odradek/else'), null)
  })
})
