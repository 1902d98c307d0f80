/**
 * Which topics hold dead letters, and whose. On Odradek their configs say so (`dlq.group`), with Kafka's share groups too
 * (`errors.deadletterqueue.group.enable`, KIP-1191); elsewhere it is their names, and the headers of their newest records.
 */
import { DescribeConfigs } from '@odradek/protocol'
import { chunks, mapBounded } from '../bounded.ts'
import type { Cluster } from '../cluster.ts'
import { RefusedError } from '../cluster-errors.ts'
import { type TopicPlaces, topicPlaces } from '../cluster-metadata.ts'
import { groupTopics } from './dead-letter.ts'
import type { LetterConvention } from './letter-headers.ts'
import { newestMeanings } from './newest-meanings.ts'

export interface DeadLetterTopic {
  readonly topic: string
  readonly topicId: string
  /** Whose; null where it is not known, or they are of several. */
  readonly group: string | null
  /** How it is known to hold dead letters. */
  readonly knownBy: 'config' | 'headers' | 'name' | 'asked'
  /** Of its newest letters; null where there are none with headers that are known. */
  readonly convention: LetterConvention | null
  /** Where the group's records are retried; null where the cluster does not do that. */
  readonly retryTopic: string | null
  readonly partitions: number
}

const RESOURCES_PER_REQUEST_MAX = 1000
const TOPIC = 2
const GROUP = 32
const DLQ_GROUP = 'dlq.group'
const SHARE_DLQ = 'errors.deadletterqueue.group.enable'
const LIKELY_NAME = /(?:^|[._-])(?:dlq|dlt|dead[._-]?letters?(?:[._-]?(?:queue|topic))?)(?:[._-]|$)/i

/** All that can be known by config, name and headers, and those that are `also` asked for; by name. */
export async function findDeadLetterTopics(
  cluster: Cluster,
  { also = [] }: { readonly also?: readonly string[] } = {},
): Promise<DeadLetterTopic[]> {
  const { topics } = await cluster.metadata()
  const known = [...topics.values()].filter(({ errorCode, name }) => errorCode === 0 && !name.startsWith('__'))
  return describeTopics(cluster, known, new Set(also))
}

/** One topic, whatever its name. Throws a KafkaError where it is not there. */
export async function deadLetterTopic(cluster: Cluster, name: string): Promise<DeadLetterTopic> {
  const [described] = await describeTopics(cluster, [await topicPlaces(cluster, name)], new Set([name]))
  return described!
}

/** The topic of a group's dead letters. Throws a RefusedError where none is there, or none can be found. */
export async function deadLetterTopicOf(cluster: Cluster, group: string): Promise<DeadLetterTopic> {
  const tried = `find the dead letters of group "${group}"`
  const names = await groupTopics(cluster, group).catch(() => null)
  if (names !== null) {
    const { topics } = await cluster.metadata(0)
    if (topics.has(names.deadLetters)) return deadLetterTopic(cluster, names.deadLetters)
  }
  const found = (await findDeadLetterTopics(cluster)).find((topic) => topic.group === group)
  if (found !== undefined) return found
  throw new RefusedError('The group has no dead letters.', tried, 'Name their topic if you know it.')
}

async function describeTopics(
  cluster: Cluster,
  topics: readonly TopicPlaces[],
  asked: ReadonlySet<string>,
): Promise<DeadLetterTopic[]> {
  const names = topics.map(({ name }) => name)
  const configs = await bulkConfigs(cluster, TOPIC, names, [DLQ_GROUP, SHARE_DLQ])
  const groupOf = ({ name }: TopicPlaces) => configs.get(name)?.get(DLQ_GROUP) || null
  const byConfig = topics.filter((topic) => groupOf(topic) !== null)
  const others = topics.filter(
    (topic) =>
      groupOf(topic) === null &&
      (LIKELY_NAME.test(topic.name) || asked.has(topic.name) || configs.get(topic.name)?.get(SHARE_DLQ) === 'true'),
  )
  const groups = byConfig.map((topic) => groupOf(topic)!)
  const [retries, newest] = await Promise.all([
    bulkConfigs(cluster, GROUP, groups, ['retry.topic.name']),
    newestMeanings(cluster, others, 1),
  ])
  const ofConfig = byConfig.map((topic): DeadLetterTopic => {
    const group = groupOf(topic)!
    const retryTopic = retries.get(group)?.get('retry.topic.name') || null
    return { ...plain(topic), group, knownBy: 'config', convention: 'odradek', retryTopic }
  })
  const ofOthers = others.map((topic): DeadLetterTopic => {
    const meanings = newest.get(topic.name) ?? []
    const conventions = new Set(meanings.flatMap(({ convention }) => convention ?? []))
    const named = new Set(meanings.flatMap(({ group }) => group ?? []))
    const knownBy = conventions.size > 0 ? 'headers' : LIKELY_NAME.test(topic.name) ? 'name' : 'asked'
    const isShare = configs.get(topic.name)?.get(SHARE_DLQ) === 'true'
    const group = named.size === 1 ? [...named][0]! : null
    const convention = [...conventions][0] ?? (isShare ? 'share' : null)
    return { ...plain(topic), group, knownBy: isShare ? 'config' : knownBy, convention, retryTopic: null }
  })
  return [...ofConfig, ...ofOthers].sort((a, b) => (a.topic < b.topic ? -1 : 1))
}

function plain({ name, id, partitions }: TopicPlaces): Pick<DeadLetterTopic, 'topic' | 'topicId' | 'partitions'> {
  return { topic: name, topicId: id, partitions: partitions.length }
}

/** Some configs of many resources. What cannot be read is left out. */
async function bulkConfigs(
  cluster: Cluster,
  resourceType: number,
  names: readonly string[],
  configurationKeys: readonly string[],
): Promise<Map<string, Map<string, string>>> {
  const found = new Map<string, Map<string, string>>()
  await mapBounded(chunks(names, RESOURCES_PER_REQUEST_MAX), 4, async (part) => {
    const resources = part.map((resourceName) => ({ resourceType, resourceName, configurationKeys }))
    const answer = await cluster.request(DescribeConfigs, { resources }, 'any')
    for (const { resourceName, errorCode, configs } of answer.results) {
      if (errorCode !== 0) continue
      found.set(resourceName, new Map(configs.map(({ name, value }) => [name, value ?? ''])))
    }
  })
  return found
}
