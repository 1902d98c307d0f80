import { configEntries, parseConfig, topicConfig } from '@odradek/config'
import { errors } from '@odradek/protocol'
import type { MetadataImage } from '../image.ts'
import { intakeTopicOf } from '../intake-topic.ts'
import { topicKey } from '../keys.ts'
import { hasCollisionCharacters, topicNameProblem, unifyCollisionCharacters } from '../topic-name.ts'
import { type Configs, formatTopic, type PartitionImage } from '../values.ts'
import { assignmentProblem, invalidAssignment, newPartition } from './assignment.ts'
import type { Decision, DecisionContext, Refusal } from './decision.ts'
import { placeReplicas } from './placement.ts'
import { topicBytesProblem, topicPartitionsMax } from './topic-size.ts'

/** As in the CreateTopics request. -1 asks for the broker's default, or says that `assignments` has it. */
export interface TopicRequest {
  readonly name: string
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[]
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

/** As in the CreateTopics response; without success only name and error say something. */
export interface CreateTopicResult {
  readonly name: string
  readonly topicId: string
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly configs: CreatedConfig[] | null
}

export interface CreatedConfig {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource: number
  readonly isSensitive: boolean
}

export const zeroTopicId = 'AAAAAAAAAAAAAAAAAAAAAA'

/**
 * Makes a topic under a fresh random id, by Kafka's rules and codes: INVALID_TOPIC_EXCEPTION, TOPIC_ALREADY_EXISTS,
 * INVALID_CONFIG, INVALID_REQUEST, INVALID_REPLICA_ASSIGNMENT, INVALID_REPLICATION_FACTOR, INVALID_PARTITIONS.
 */
export function createTopic(
  image: MetadataImage,
  request: TopicRequest,
  context: DecisionContext,
): Decision<CreateTopicResult> {
  const configs = topicConfigs(request)
  const isOfGroup = 'retry.group' in configs.texts || 'dlq.group' in configs.texts
  const refusal = nameProblem(image, request.name, isOfGroup) ?? configs.refusal
  if (refusal !== null) return { result: refusedTopic(request.name, refusal), change: null }
  const placed =
    request.assignments.length > 0 ? placedByClient(image, request) : placedByBroker(image, request, context)
  if ('errorCode' in placed) return { result: refusedTopic(request.name, placed), change: null }

  const topicId = context.random.uuid()
  const value = formatTopic({ topicId, partitions: placed.partitions, configs: configs.texts })
  const tooLarge = topicBytesProblem(value)
  if (tooLarge !== null) return { result: refusedTopic(request.name, tooLarge), change: null }
  return {
    result: {
      name: request.name,
      topicId,
      errorCode: errors.NONE.code,
      errorMessage: null,
      numPartitions: placed.partitions.length,
      replicationFactor: placed.partitions[0]!.replicas.length,
      configs: describeConfigs(configs.texts, context),
    },
    change: { key: topicKey(request.name), value, base: 0 },
  }
}

/** The answer for a topic that is not made. */
export function refusedTopic(name: string, { errorCode, errorMessage }: Refusal): CreateTopicResult {
  return {
    name,
    topicId: zeroTopicId,
    errorCode,
    errorMessage,
    numPartitions: -1,
    replicationFactor: -1,
    configs: null,
  }
}

/** Topics of groups may be named as RocketMQ names them, which no other topic may. */
const GROUP_PREFIX = /^%(RETRY|DLQ)%/

function nameProblem(image: MetadataImage, name: string, isOfGroup: boolean): Refusal | null {
  if (image.topics.has(name)) {
    return { errorCode: errors.TOPIC_ALREADY_EXISTS.code, errorMessage: `Topic "${name}" already exists.` }
  }
  if (name === '__cluster_metadata' || intakeTopicOf(name) !== null) {
    return { errorCode: errors.INVALID_REQUEST.code, errorMessage: `The name "${name}" is reserved.` }
  }
  const problem = topicNameProblem(isOfGroup ? name.replace(GROUP_PREFIX, '') : name)
  if (problem !== null) return { errorCode: errors.INVALID_TOPIC_EXCEPTION.code, errorMessage: problem }
  const other = hasCollisionCharacters(name) ? image.collisions.get(unifyCollisionCharacters(name)) : undefined
  if (other === undefined) return null
  const errorMessage = `Topic "${name}" would collide with "${other}" where metrics write "." as "_".`
  return { errorCode: errors.INVALID_TOPIC_EXCEPTION.code, errorMessage }
}

const noConfigs: { texts: Configs; refusal: null } = { texts: {}, refusal: null }

function topicConfigs({ configs }: TopicRequest): { texts: Configs; refusal: Refusal | null } {
  if (configs.length === 0) return noConfigs
  const refuse = (errorMessage: string) => ({
    texts: {},
    refusal: { errorCode: errors.INVALID_CONFIG.code, errorMessage },
  })
  const empty = configs.find((config) => config.value === null)
  if (empty !== undefined) return refuse(`${empty.name} has no value. Leave it out to get the broker's default.`)
  const parsed = parseConfig(topicConfig, Object.fromEntries(configs.map(({ name, value }) => [name, value!])))
  if (parsed.errors.length > 0) return refuse(parsed.errors.map((problem) => problem.text).join(' '))
  const problem = roleProblem(parsed.texts)
  return problem === null ? { texts: parsed.texts, refusal: null } : refuse(problem)
}

/** What is wrong with what a topic's configs say together about its role, as a sentence; null for nothing. */
export function roleProblem(configs: Configs): string | null {
  const isRetry = configs['message.type'] === 'RETRY'
  const group = configs['retry.group'] ?? ''
  if (isRetry && group === '') return 'message.type=RETRY needs retry.group, the group whose records are retried here.'
  if (!isRetry && group !== '') return 'retry.group needs message.type=RETRY.'
  if (isRetry && (configs['dlq.group'] ?? '') !== '') return 'A topic is for retries or for dead letters, not for both.'
  return null
}

type Placed = { readonly partitions: readonly PartitionImage[] }

function placedByClient(image: MetadataImage, request: TopicRequest): Placed | Refusal {
  if (request.replicationFactor !== -1 || request.numPartitions !== -1) {
    const errorMessage = 'With a manual assignment, number of partitions and replication factor must both be -1.'
    return { errorCode: errors.INVALID_REQUEST.code, errorMessage }
  }
  if (request.assignments.length > topicPartitionsMax) return tooManyPartitions(request.assignments.length)
  const partitions: PartitionImage[] = []
  const sorted = [...request.assignments].sort((a, b) => a.partitionIndex - b.partitionIndex)
  for (const [index, { partitionIndex, brokerIds }] of sorted.entries()) {
    if (partitionIndex !== index) {
      const twice = index > 0 && sorted[index - 1]!.partitionIndex === partitionIndex
      return invalidAssignment(
        twice ? `Partition ${partitionIndex} is assigned twice.` : `Partitions must be 0, 1, 2 …; ${index} is missing.`,
      )
    }
    const problem = assignmentProblem(image, index, brokerIds, partitions[0]?.replicas.length ?? null)
    if (problem !== null) return problem
    partitions.push(newPartition(image, index, brokerIds))
  }
  return { partitions }
}

function placedByBroker(
  image: MetadataImage,
  request: TopicRequest,
  { config, random }: DecisionContext,
): Placed | Refusal {
  if (request.replicationFactor < -1 || request.replicationFactor === 0) {
    const errorMessage = `The replication factor must be at least 1, or -1 for the default, not ${request.replicationFactor}.`
    return { errorCode: errors.INVALID_REPLICATION_FACTOR.code, errorMessage }
  }
  if (request.numPartitions < -1 || request.numPartitions === 0) {
    const errorMessage = `The number of partitions must be at least 1, or -1 for the default, not ${request.numPartitions}.`
    return { errorCode: errors.INVALID_PARTITIONS.code, errorMessage }
  }
  const numPartitions = request.numPartitions === -1 ? config['num.partitions'] : request.numPartitions
  if (numPartitions > topicPartitionsMax) return tooManyPartitions(numPartitions)
  const wanted = request.replicationFactor === -1 ? config['default.replication.factor'] : request.replicationFactor
  const brokers = image.liveBrokers()
  const replicationFactor = config['replication.factor.clamp'] ? Math.min(wanted, brokers.length) : wanted
  if (replicationFactor > brokers.length || brokers.length === 0) {
    const errorMessage =
      `Replication factor ${wanted} needs as many brokers, and ${brokers.length} are registered. ` +
      'Ask for less, or set replication.factor.clamp=true.'
    return { errorCode: errors.INVALID_REPLICATION_FACTOR.code, errorMessage }
  }
  const placed = placeReplicas(brokers, numPartitions, replicationFactor, random)
  return { partitions: placed.map((replicas, index) => newPartition(image, index, replicas)) }
}

function tooManyPartitions(count: number): Refusal {
  const errorMessage = `A topic has at most ${topicPartitionsMax} partitions, not ${count}.`
  return { errorCode: errors.INVALID_PARTITIONS.code, errorMessage }
}

/** By layers, then by what the topic sets: most topics of a broker set the same. */
const described = new WeakMap<object, Map<string, CreatedConfig[]>>()
const DESCRIBED_MAX = 100

function describeConfigs(overrides: Configs, { layers }: DecisionContext): CreatedConfig[] {
  const known = described.get(layers) ?? new Map<string, CreatedConfig[]>()
  described.set(layers, known)
  if (known.size >= DESCRIBED_MAX) known.clear()
  const id = JSON.stringify(overrides)
  let configs = known.get(id)
  if (configs === undefined) {
    configs = configEntries('topic', { ...layers, overrides }).map(
      ({ name, value, isReadOnly, source, isSensitive }) => ({
        name,
        value,
        readOnly: isReadOnly,
        configSource: source,
        isSensitive,
      }),
    )
    configs.sort((a, b) => (a.name < b.name ? -1 : 1))
    known.set(id, configs)
  }
  return configs
}
