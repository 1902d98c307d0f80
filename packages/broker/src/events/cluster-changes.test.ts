import { deepEqual } from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MetadataImage } from '../metadata/image.ts'
import { loadImage } from '../metadata/image-draft.ts'
import { brokerKey, controllerKey, topicKey } from '../metadata/keys.ts'
import { clusterImage, entry } from '../metadata/testing/cluster-image.ts'
import { type PartitionFields, withTopic } from '../metadata/testing/topic-under-test.ts'
import { formatBroker, formatController } from '../metadata/values.ts'
import { clusterChanges } from './cluster-changes.ts'

const whole = { replicas: [1, 2, 3] }
const three = clusterImage(1, 2, 3)

/** What is told of the one partition of a topic that goes from one state to another, without topic and epoch. */
function told(before: PartitionFields, now: PartitionFields): unknown[] {
  const previous = withTopic(three, 'orders', [before])
  const image = withTopic(previous, 'orders', [{ partitionEpoch: 8, ...now }])
  return changes(image, previous).map((event) => {
    const { topic, topicId: _, partition, epoch, ...rest } = event as Record<string, unknown>
    deepEqual([topic, partition, epoch], ['orders', 0, 8])
    return rest
  })
}

function changes(image: MetadataImage, previous: MetadataImage) {
  return clusterChanges(image, previous, {
    topics: new Set([...image.topics.keys(), ...previous.topics.keys()]),
    brokers: new Set([...image.brokers.keys(), ...previous.brokers.keys()]),
    brokerConfigs: new Set(),
    groupConfigs: new Set(),
    controller: image.controllerEpoch !== previous.controllerEpoch,
  })
}

describe('what happened to a partition', () => {
  it('is that replicas left, came, or both', () => {
    deepEqual(told(whole, { ...whole, isr: [1, 3] }), [
      { kind: 'isrShrunk', before: [1, 2, 3], isr: [1, 3], leader: 1 },
    ])
    deepEqual(told({ ...whole, isr: [1] }, { ...whole, isr: [1, 2] }), [
      { kind: 'isrExpanded', before: [1], isr: [1, 2], leader: 1 },
    ])
    deepEqual(told({ ...whole, isr: [1, 2] }, { ...whole, isr: [1, 3] }), [
      { kind: 'isrShrunk', before: [1, 2], isr: [1], leader: 1 },
      { kind: 'isrExpanded', before: [1], isr: [1, 3], leader: 1 },
    ])
  })

  it('is that another leads, and whether that one was in sync', () => {
    deepEqual(told(whole, { ...whole, isr: [2, 3], leader: 2, leaderEpoch: 6 }), [
      { kind: 'isrShrunk', before: [1, 2, 3], isr: [2, 3], leader: 2 },
      { kind: 'leaderElected', before: 1, leader: 2, leaderEpoch: 6, isClean: true },
    ])
    deepEqual(told({ ...whole, isr: [1] }, { ...whole, isr: [1], leader: -1, leaderEpoch: 6 }), [
      { kind: 'leaderLost', before: 1, leaderEpoch: 6 },
    ])
    deepEqual(told({ ...whole, isr: [1], leader: -1 }, { ...whole, isr: [2], leader: 2, leaderEpoch: 7 }).at(-1), {
      kind: 'leaderElected',
      before: -1,
      leader: 2,
      leaderEpoch: 7,
      isClean: false,
    })
    deepEqual(
      told({ ...whole, isr: [1], elr: [2], leader: -1 }, { ...whole, isr: [2], leader: 2, leaderEpoch: 7 }).at(-1),
      {
        kind: 'leaderElected',
        before: -1,
        leader: 2,
        leaderEpoch: 7,
        isClean: true,
      },
    )
  })

  it('is that a move of replicas began, was done, or was taken back', () => {
    const moving = { replicas: [3, 2, 1], isr: [1, 2], leader: 1, adding: [3], removing: [1] }
    deepEqual(told({ replicas: [1, 2] }, moving), [{ kind: 'reassignmentBegun', before: [1, 2], replicas: [3, 2] }])
    deepEqual(told(moving, { replicas: [3, 2], isr: [2, 3], leader: 2, leaderEpoch: 6 }).at(-1), {
      kind: 'reassignmentDone',
      before: [2, 1],
      replicas: [3, 2],
    })
    deepEqual(told(moving, { replicas: [2, 1], isr: [1, 2], leader: 1 }), [
      { kind: 'reassignmentCancelled', before: [2, 1], replicas: [2, 1] },
    ])
    deepEqual(told(moving, { ...moving, isr: [1] }), [{ kind: 'isrShrunk', before: [1, 2], isr: [1], leader: 1 }])
    deepEqual(told(whole, { replicas: [2, 1, 3], isr: [1, 2, 3], leader: 1 }), [
      { kind: 'reassignmentDone', before: [1, 2, 3], replicas: [2, 1, 3] },
    ])
  })

  it('is nothing where the topic is new, gone, made again, or as it was', () => {
    const image = withTopic(three, 'orders', [whole])
    deepEqual([changes(image, three), changes(three, image), changes(image, image)], [[], [], []])
    const entries = [
      entry(topicKey('orders'), '{"topicId":"AAAAAAAAAAAAAAAAAAAAAQ","partitions":[[[1],[1],1,9,9]],"configs":{}}', 99),
    ]
    deepEqual(
      changes(loadImage(99, entries).image, image).filter((event) => 'topic' in event),
      [],
    )
  })
})

describe('what happened to brokers', () => {
  const broker = (isStopping = false) => formatBroker({ listeners: [], rack: 'a', isStopping })
  const at = (revision: number, ...entries: readonly [string, string, number][]) =>
    loadImage(
      revision,
      entries.map(([key, value, created]) => ({ ...entry(key, value, created), modRevision: revision })),
    ).image

  it('is that one came, is about to stop, stopped, or was lost', () => {
    const none = at(1)
    const up = at(2, [brokerKey(1), broker(), 2])
    const stopping = at(3, [brokerKey(1), broker(true), 2])
    deepEqual(changes(up, none), [{ kind: 'brokerUp', broker: 1, epoch: 2, rack: 'a' }])
    deepEqual(changes(stopping, up), [{ kind: 'brokerStopping', broker: 1, epoch: 2 }])
    deepEqual(changes(none, stopping), [{ kind: 'brokerDown', broker: 1, epoch: 2, isOrderly: true }])
    deepEqual(changes(none, up), [{ kind: 'brokerDown', broker: 1, epoch: 2, isOrderly: false }])
    deepEqual(changes(at(4, [brokerKey(1), broker(), 4]), up), [
      { kind: 'brokerDown', broker: 1, epoch: 2, isOrderly: false },
      { kind: 'brokerUp', broker: 1, epoch: 4, rack: 'a' },
    ])
  })

  it('is that another is controller', () => {
    const first = at(2, [controllerKey, formatController(1), 2])
    const second = at(3, [controllerKey, formatController(2), 3])
    deepEqual(changes(second, first), [
      { kind: 'controllerLost', broker: 1, epoch: 2 },
      { kind: 'controllerElected', broker: 2, epoch: 3 },
    ])
    deepEqual(changes(at(4), second), [{ kind: 'controllerLost', broker: 2, epoch: 3 }])
  })
})
