/** Makes topics, deletes them, gives them partitions and settings: one thing after the other, each until its outcome is sure. */
import type { SimRandom } from '@odradek/broker/src/host/sim/index.ts'
import {
  CreatePartitions,
  CreateTopics,
  DeleteRecords,
  DeleteTopics,
  errors,
  IncrementalAlterConfigs,
  Metadata,
} from '@odradek/protocol'
import type { ClientSide } from './client-side.ts'
import type { SimClient } from './sim-client.ts'
import type { TopicHistory } from './topic-history.ts'

export interface TopicPlan {
  readonly name: string
  readonly partitions: number
  readonly configs: Readonly<Record<string, string>>
}

export interface AdministratorPlan {
  /** Made first. */
  readonly topics: readonly TopicPlan[]
  /** What follows; each once. */
  readonly deeds: readonly Deed[]
  readonly pauseMs: number
}

export type Deed =
  | { readonly kind: 'create'; readonly topic: TopicPlan }
  | { readonly kind: 'delete'; readonly topic: string }
  | { readonly kind: 'grow'; readonly topic: string }
  | { readonly kind: 'configure'; readonly topic: string; readonly key: string; readonly value: string }
  /** Up to that share of what is in each partition. */
  | { readonly kind: 'deleteRecords'; readonly topic: string; readonly share: number }

const TIMEOUT_MS = 3_000

export class Administrator {
  readonly #clients: ClientSide
  readonly #plan: AdministratorPlan
  readonly #random: SimRandom
  readonly #deeds: Deed[]
  readonly #made: (topic: TopicHistory) => void

  /** `made` is told each topic that is there. */
  constructor(clients: ClientSide, plan: AdministratorPlan, made: (topic: TopicHistory) => void) {
    this.#clients = clients
    this.#plan = plan
    this.#random = clients.random()
    this.#deeds = [...plan.topics.map((topic) => ({ kind: 'create' as const, topic })), ...plan.deeds]
    this.#made = made
  }

  start(): void {
    this.#clients.start('administrator', async (client) => {
      const deed = this.#deeds[0]
      const isFirst = this.#deeds.length > this.#plan.deeds.length
      if (deed === undefined || (this.#clients.draining && !isFirst && !this.#isBegun(deed))) return false
      if (await this.#do(client, deed)) {
        this.#deeds.shift()
        if (!isFirst) await this.#clients.sleep(this.#random.between(0, 2 * this.#plan.pauseMs))
      } else await this.#clients.sleep(30)
      return true
    })
  }

  /** Whether it may have happened already. */
  #isBegun(deed: Deed): boolean {
    const { topics } = this.#clients.history
    switch (deed.kind) {
      case 'create':
        return topics.get(deed.topic.name)?.state === 'creating'
      case 'delete':
        return topics.get(deed.topic)?.state === 'deleting'
      case 'grow': {
        const topic = topics.get(deed.topic)
        return topic !== undefined && topic.partitionsAsked > topic.partitions.length
      }
      case 'configure':
        return topics.get(deed.topic)?.configsAsked.has(deed.key) ?? false
      case 'deleteRecords':
        return false
      default:
        return deed satisfies never
    }
  }

  /** True when it is done, or cannot be. */
  #do(client: SimClient, deed: Deed): Promise<boolean> {
    if (deed.kind === 'create') return this.#create(client, deed.topic)
    const topic = this.#clients.history.topics.get(deed.topic)
    if (topic === undefined || topic.state === 'deleted') return Promise.resolve(true)
    switch (deed.kind) {
      case 'delete':
        return this.#delete(client, topic)
      case 'grow':
        return this.#grow(client, topic)
      case 'configure':
        return this.#configure(client, topic, deed.key, deed.value)
      case 'deleteRecords':
        return this.#deleteRecords(client, topic, deed.share)
      default:
        return deed satisfies never
    }
  }

  async #create(client: SimClient, plan: TopicPlan): Promise<boolean> {
    const { history } = this.#clients
    const found = history.topics.get(plan.name)
    // A name that was deleted may be taken again.
    const known = found?.state === 'deleted' ? undefined : found
    if (known?.state === 'there') return true
    const isAgain = known !== undefined
    const topic = known ?? history.topic(plan.name, plan.configs)
    const answer = await client.request(CreateTopics, 7, {
      topics: [
        {
          name: plan.name,
          numPartitions: plan.partitions,
          replicationFactor: 1,
          assignments: [],
          configs: Object.entries(plan.configs).map(([name, value]) => ({ name, value })),
        },
      ],
      timeoutMs: TIMEOUT_MS,
    })
    const { errorCode, topicId } = answer.topics[0]!
    if (errorCode === errors.NONE.code) topic.topicId = topicId
    else if (errorCode === errors.TOPIC_ALREADY_EXISTS.code && isAgain) {
      const described = await client.request(Metadata, 12, {
        topics: [{ name: plan.name }],
        allowAutoTopicCreation: false,
      })
      topic.topicId = described.topics[0]!.topicId
    } else return this.#tryAgain(`${plan.name} could not be made`, errorCode)
    topic.state = 'there'
    topic.grown(plan.partitions)
    history.counts.topics++
    this.#made(topic)
    return true
  }

  async #delete(client: SimClient, topic: TopicHistory): Promise<boolean> {
    const isAgain = topic.state === 'deleting'
    topic.state = 'deleting'
    const answer = await client.request(DeleteTopics, 5, { topicNames: [topic.name], timeoutMs: TIMEOUT_MS })
    const { errorCode } = answer.responses[0]!
    const isGone = errorCode === errors.NONE.code || (isAgain && errorCode === errors.UNKNOWN_TOPIC_OR_PARTITION.code)
    if (!isGone) return this.#tryAgain(`${topic.name} could not be deleted`, errorCode)
    topic.state = 'deleted'
    return true
  }

  async #grow(client: SimClient, topic: TopicHistory): Promise<boolean> {
    const isAgain = topic.partitionsAsked > topic.partitions.length
    topic.partitionsAsked = topic.partitions.length + 1
    const answer = await client.request(CreatePartitions, 3, {
      topics: [{ name: topic.name, count: topic.partitionsAsked, assignments: null }],
      timeoutMs: TIMEOUT_MS,
    })
    const { errorCode } = answer.results[0]!
    const isDone = errorCode === errors.NONE.code || (isAgain && errorCode === errors.INVALID_PARTITIONS.code)
    if (!isDone) return this.#tryAgain(`${topic.name} could not grow`, errorCode)
    topic.grown(topic.partitionsAsked)
    return true
  }

  async #configure(client: SimClient, topic: TopicHistory, key: string, value: string): Promise<boolean> {
    topic.configure(key, value)
    const answer = await client.request(IncrementalAlterConfigs, 1, {
      resources: [{ resourceType: 2, resourceName: topic.name, configs: [{ name: key, value }] }],
    })
    const { errorCode } = answer.responses[0]!
    if (errorCode !== 0) return this.#tryAgain(`${topic.name} could not be configured`, errorCode)
    topic.configured(key, value)
    return true
  }

  async #deleteRecords(client: SimClient, topic: TopicHistory, share: number): Promise<boolean> {
    const partitions = topic.partitions.map((partition) => {
      const offset = Math.floor(partition.end * share)
      partition.deletedBelow = Math.max(partition.deletedBelow, offset)
      return { partitionIndex: partition.index, offset }
    })
    const answer = await client.request(DeleteRecords, 2, {
      topics: [{ name: topic.name, partitions }],
      timeoutMs: TIMEOUT_MS,
    })
    for (const { errorCode, partitionIndex } of answer.topics[0]!.partitions) {
      if (errorCode === errors.OFFSET_OUT_OF_RANGE.code || errorCode === 0) continue
      if (errorCode === errors.POLICY_VIOLATION.code && topic.isCompacted) continue
      this.#tryAgain(`records of ${topic.name}-${partitionIndex} could not be deleted`, errorCode)
    }
    return true
  }

  #tryAgain(problem: string, errorCode: number): false {
    switch (errorCode) {
      case errors.KAFKA_STORAGE_ERROR.code:
      case errors.REQUEST_TIMED_OUT.code:
      case errors.NOT_CONTROLLER.code:
      case errors.NOT_LEADER_OR_FOLLOWER.code:
        return false
      default:
        this.#clients.history.unexpected(`${problem}: error ${errorCode}`)
        return false
    }
  }
}
