/**
 * The topics that brokers make themselves when they are first needed: committed offsets, what happens to the cluster, a
 * group's retries and dead letters, what a client names and may have made, and the intake topic of each topic whose records
 * wait. Any broker may make them, in its own name.
 */
import { clusterEventsTopic, errors } from '@odradek/protocol'
import {
  type CreateTopicResult,
  createTopic,
  refusedTopic,
  type TopicRequest,
  zeroTopicId,
} from './controller/create-topic.ts'
import type { Refusal } from './controller/decision.ts'
import { alignIntakeTopic, intakeTopicsToAlign, removeIntakeTopic } from './controller/intake-topics.ts'
import { createEventsTopic, createOffsetsTopic, offsetsTopic } from './controller/internal-topic.ts'
import type { Decisions, Name } from './decisions.ts'
import { GroupTopicNames } from './group-topic-names.ts'
import { hasIntake, intakeTopicName } from './intake-topic.ts'
import { type GroupRole, groupTopicName, roleConfigs, topicOfGroup } from './retry-topics.ts'
import { isInternalTopic } from './topic-name.ts'

export class OwnTopics {
  readonly #decisions: Decisions
  readonly #groupNames: GroupTopicNames

  constructor(decisions: Decisions) {
    this.#decisions = decisions
    this.#groupNames = new GroupTopicNames(
      () => decisions.image,
      () => decisions.brokerConfig,
    )
  }

  /** One result per name, in the order of their first appearance; a name given twice is INVALID_REQUEST. */
  async create(
    requests: readonly TopicRequest[],
    { validateOnly = false, as = 'any' }: { validateOnly?: boolean; as?: Name } = {},
  ): Promise<CreateTopicResult[]> {
    const byName = Map.groupBy(requests, (request) => request.name)
    const results = await Promise.all(
      [...byName].map(([name, [request, ...others]]) =>
        others.length > 0
          ? refusedTopic(name, namedTwice(name))
          : this.#decisions.submit(
              (image, context) => {
                const decision = createTopic(image, request!, context)
                // The id of a topic that will not be there would be a false promise.
                return validateOnly ? { ...decision, result: { ...decision.result, topicId: zeroTopicId } } : decision
              },
              (refusal) => refusedTopic(name, refusal),
              { validateOnly, as },
            ),
      ),
    )
    if (!validateOnly) await this.alignIntakes(byName.keys())
    return results
  }

  /**
   * Makes topics with the broker's defaults, as a client's Metadata request may ask for. Resolves to the error codes of
   * those that could not be made; one that exists meanwhile is no error.
   */
  async createNamed(names: readonly string[]): Promise<Map<string, number>> {
    const refusals = new Map<string, number>()
    await Promise.all(
      [...new Set(names)].map(async (name) => {
        const errorCode = await this.#createNamed(name)
        if (errorCode !== errors.NONE.code && errorCode !== errors.TOPIC_ALREADY_EXISTS.code)
          refusals.set(name, errorCode)
      }),
    )
    return refusals
  }

  /** The topic of committed offsets, made where it is missing. NONE, or why it cannot be. */
  async createOffsets(): Promise<CreateTopicResult> {
    return await this.#decisions.submit(createOffsetsTopic, (refusal) => refusedTopic(offsetsTopic, refusal), {
      as: 'any',
    })
  }

  /** The topic of what happens to the cluster, which the controller makes where it is missing. NONE, or why it cannot be. */
  async createEvents(): Promise<CreateTopicResult> {
    return await this.#decisions.submit(createEventsTopic, (refusal) => refusedTopic(clusterEventsTopic, refusal))
  }

  /** The name of a group's topic: that which there is, or that which it gets when it is first used. */
  nameOf(role: GroupRole, groupId: string): string {
    return this.#groupNames.nameOf(role, groupId)
  }

  /** The group whose topic is made when a topic of this name is first used; null for names of other topics. */
  groupOf(name: string): { role: GroupRole; groupId: string } | null {
    return this.#groupNames.groupOf(name)
  }

  /** Makes the topic of a group where it is missing. NONE, or why it cannot be. */
  async createOfGroup(role: GroupRole, groupId: string): Promise<number> {
    const prefix = this.#groupNames.prefixOf(role)
    let name = ''
    const errorCode = await this.#decisions.submit(
      (image, context) => {
        const existing = topicOfGroup(image, role, prefix, groupId)
        name = existing?.name ?? groupTopicName(image, role, prefix, groupId)
        if (existing !== undefined) return { result: errors.NONE.code as number, change: null }
        const configs = Object.entries(roleConfigs(image, role, groupId, this.#groupNames.prefixOf('retry'))).map(
          ([key, value]) => ({ name: key, value }),
        )
        const { result, change } = createTopic(image, { ...defaultsOf(name), configs }, context)
        return { result: result.errorCode, change }
      },
      (refusal) => refusal.errorCode,
      { as: 'any' },
    )
    await this.alignIntakes([name])
    return errorCode
  }

  /** Removes the intake topic of a topic that is gone, or whose records no longer wait. */
  async removeIntake(topicId: string): Promise<void> {
    if (!this.#decisions.image.topics.has(intakeTopicName(topicId))) return
    await this.#decisions.submit(
      (image) => removeIntakeTopic(image, topicId),
      () => false,
      { as: 'any' },
    )
  }

  /** Makes and changes the intake topics that go with topics of these names. Nothing to do costs nothing. */
  async alignIntakes(names: Iterable<string>): Promise<void> {
    const { image } = this.#decisions
    const concerned = [...names].filter((name) => hasIntake(image.topics.get(name)?.configs['message.type']))
    await Promise.all(
      concerned.map((name) =>
        this.#decisions.submit(
          (newest, context) => alignIntakeTopic(newest, name, context),
          () => false,
          { as: 'any' },
        ),
      ),
    )
  }

  /** The same for all topics, and removes the intake topics of topics that are gone: what a new controller does. */
  async alignAllIntakes(): Promise<void> {
    const { names, orphans } = intakeTopicsToAlign(this.#decisions.image)
    await this.alignIntakes(names)
    await Promise.all(orphans.map((topicId) => this.removeIntake(topicId)))
  }

  async #createNamed(name: string): Promise<number> {
    if (name === offsetsTopic) return (await this.createOffsets()).errorCode
    if (isInternalTopic(name)) return errors.UNKNOWN_TOPIC_OR_PARTITION.code
    const group = this.groupOf(name)
    if (group !== null) return await this.createOfGroup(group.role, group.groupId)
    const [result] = await this.create([defaultsOf(name)])
    return result!.errorCode
  }
}

function defaultsOf(name: string): TopicRequest {
  return { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] }
}

/** Why a request that names a topic more than once is refused. */
export function namedTwice(name: string): Refusal {
  return {
    errorCode: errors.INVALID_REQUEST.code,
    errorMessage: `The request names topic "${name}" more than once.`,
  }
}
