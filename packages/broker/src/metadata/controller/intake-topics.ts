/**
 * The intake topics that go with the topics clients see: as many partitions, on the same replicas, led by the same
 * brokers. They are made and changed after the topics they go with, so that each decision changes one key; what a crash
 * left undone in between is done at the next start.
 */
import type { MetadataImage, TopicImage } from '../image.ts'
import { hasIntake, intakeTopicName, intakeTopicOf } from '../intake-topic.ts'
import { topicKey } from '../keys.ts'
import { type Configs, formatTopic, type PartitionImage } from '../values.ts'
import type { Change, Decision, DecisionContext } from './decision.ts'

/** What an intake topic takes over of the topic it goes with. */
const TAKEN_OVER = ['flush.mode', 'replication.mode', 'min.insync.replicas', 'max.message.bytes']
const SEGMENT_BYTES_MAX = 64 * 1024 * 1024
const FIXED: Configs = {
  'cleanup.policy': 'delete',
  'retention.ms': '-1',
  'retention.bytes': '-1',
  // Due times count from the acceptance.
  'message.timestamp.type': 'LogAppendTime',
}

/** Makes the intake topic of the topic `name`, or what is missing of it. Null for nothing to do. */
export function alignIntakeTopic(image: MetadataImage, name: string, context: DecisionContext): Decision<boolean> {
  const topic = image.topics.get(name)
  if (topic === undefined || !hasIntake(topic.configs['message.type'])) return { result: false, change: null }
  const existing = image.topics.get(intakeTopicName(topic.topicId))
  const configs = configsOf(topic)
  const kept = existing?.partitions ?? []
  if (existing !== undefined && kept.length === topic.partitions.length && isSame(existing.configs, configs)) {
    return { result: true, change: null }
  }
  const added = topic.partitions.slice(kept.length).map(
    ({ index, replicas, isr, leader }): PartitionImage => ({
      index,
      replicas,
      isr,
      leader,
      leaderEpoch: 0,
      partitionEpoch: 0,
    }),
  )
  const topicId = existing?.topicId ?? context.random.uuid()
  const change: Change = {
    key: topicKey(intakeTopicName(topic.topicId)),
    value: formatTopic({ topicId, partitions: [...kept, ...added], configs }),
    base: existing?.modRevision ?? 0,
  }
  return { result: true, change }
}

/** Removes the intake topic of a topic id. */
export function removeIntakeTopic(image: MetadataImage, topicId: string): Decision<boolean> {
  const existing = image.topics.get(intakeTopicName(topicId))
  if (existing === undefined) return { result: false, change: null }
  return { result: true, change: { key: topicKey(existing.name), value: null, base: existing.modRevision } }
}

/** Topics whose intake topic is to be looked at when a broker starts, and ids of topics that are gone but for theirs. */
export function intakeTopicsToAlign(image: MetadataImage): { names: string[]; orphans: string[] } {
  const names: string[] = []
  const orphans: string[] = []
  for (const topic of image.topics.values()) {
    const visibleId = intakeTopicOf(topic.name)
    if (hasIntake(topic.configs['message.type'])) names.push(topic.name)
    else if (visibleId !== null && !image.topicsById.has(visibleId)) orphans.push(visibleId)
  }
  return { names, orphans }
}

function configsOf(topic: TopicImage): Configs {
  const taken = TAKEN_OVER.flatMap((key) => {
    const text = topic.configs[key]
    return text === undefined ? [] : [[key, text]]
  })
  // Segments go as a whole: smaller ones go sooner.
  const segmentBytes = Math.min(SEGMENT_BYTES_MAX, Number(topic.configs['segment.bytes'] ?? SEGMENT_BYTES_MAX))
  return { ...FIXED, 'segment.bytes': String(segmentBytes), ...Object.fromEntries(taken) }
}

function isSame(a: Configs, b: Configs): boolean {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}
