/**
 * The broker's view of the cluster and the way to change it:
 *
 *   requests ─▶ Decisions (controller/, pure) ─▶ ControllerWrites ─▶ MetadataStore
 *                        ▲                                               │ watch
 *                      image ◀───────────── ImageFollower ◀──────────────┘
 *
 * A change is made when the store has it; it is seen when it comes back by the watch. Methods resolve after that.
 */
import { type BrokerConfig, type BrokerLayers, resolveTopicConfig } from '@odradek/config'
import { errors } from '@odradek/protocol'
import type { Logger } from 'pino'
import type { Host } from '../host/host.ts'
import { configResource } from './config-resource.ts'
import { addPartitions, type PartitionsRequest, type PartitionsResult } from './controller/add-partitions.ts'
import {
  type AlterRequest,
  type AlterResult,
  changeConfigs,
  refusedAlter,
  repeatedResources,
  replaceConfigs,
} from './controller/alter-configs.ts'
import { beginBroker } from './controller/begin-broker.ts'
import type { CreateTopicResult, TopicRequest } from './controller/create-topic.ts'
import type { Decision, DecisionContext, Refusal } from './controller/decision.ts'
import {
  type DeleteTopicResult,
  deleteTopic,
  referenceProblems,
  type TopicReference,
} from './controller/delete-topic.ts'
import { electionType } from './controller/elect-leaders.ts'
import { settleTopic } from './controller/settle-topic.ts'
import { forgetBrokerConfigs, unregisterBroker } from './controller/unregister-broker.ts'
import { ControllerDuties } from './controller-duties.ts'
import { Decisions } from './decisions.ts'
import { handedOver, leadsForOthers } from './hand-over.ts'
import type { MetadataImage, TopicImage } from './image.ts'
import { ImageFollower, type ImageListener } from './image-follower.ts'
import { namedTwice, OwnTopics } from './own-topics.ts'
import { Registration } from './registration.ts'
import { ReplicaChanges } from './replica-changes.ts'
import type { MetadataStore } from './store.ts'
import type { BrokerListener, Configs } from './values.ts'

export interface MetadataOptions {
  /** Closed by its owner, after the metadata. */
  readonly store: MetadataStore
  readonly host: Host
  /** The broker's static settings as texts by key (`parseBrokerConfig(…).texts`); dynamic ones come from the store. */
  readonly config: Configs
  readonly logger: Logger
  readonly nodeId: number
  /** The cluster that the broker's data belongs to; null when it has none yet: then the store's, or a new one. */
  readonly clusterId: string | null
  readonly rack?: string | null
  /** Known already where the sockets are bound before; else `registerBroker` tells them. */
  readonly listeners?: readonly BrokerListener[]
  /** Whether the broker was stopped cleanly the last time, so that it has all it ever said to have. [true] */
  readonly isClean?: boolean
  /** Whether what it had of a partition is gone with its disk. [false] */
  readonly isLost?: (topic: string, index: number) => boolean
  /** Whether there is nothing of a partition here. [false] */
  readonly isMissing?: (topic: string, index: number) => boolean
  /** Names the data that this process alone uses as long as it lives; null before there is any. [null] */
  readonly place?: () => string | null
  /** How long a broker counts as alive without a sign from it. [9000] */
  readonly sessionTimeoutMs?: number
  /** How often the store is listed anew. [never] */
  readonly relistIntervalMs?: number
}

export class Metadata {
  readonly #host: Host
  readonly #nodeId: number
  readonly #logger: Logger
  readonly #follower: ImageFollower
  readonly #registration: Registration
  readonly #duties: ControllerDuties
  readonly #decisions: Decisions
  /** The topics that brokers make themselves. */
  readonly ownTopics: OwnTopics
  /** Changes of who replicates and leads partitions. */
  readonly replicas: ReplicaChanges

  private constructor(options: MetadataOptions, follower: ImageFollower, registration: Registration) {
    this.#host = options.host
    this.#nodeId = options.nodeId
    this.#logger = options.logger
    this.#follower = follower
    this.#registration = registration
    const { store, config, nodeId, host } = options
    this.#decisions = new Decisions({
      store,
      follower,
      registration,
      random: host.random,
      timers: host.timers,
      nodeId,
      config,
    })
    this.ownTopics = new OwnTopics(this.#decisions)
    this.replicas = new ReplicaChanges({
      decisions: this.#decisions,
      image: () => follower.image,
      logger: options.logger,
      nodeId,
    })
    this.#duties = new ControllerDuties({
      timers: options.host.timers,
      logger: options.logger,
      image: () => follower.image,
      config: () => this.brokerConfig,
      isController: () => this.isController,
      settle: (topics) => this.#settle(topics),
      rebalance: async (partitions) => {
        await this.replicas.elect(partitions, electionType.preferred)
      },
    })
  }

  /**
   * Loads the image, registers the broker, stands for controller, and takes up its partitions: what it leads it leads
   * under a new epoch, and after an unclean stop it is not in sync where others are. Rejects where the store belongs to another cluster or another live broker has the id.
   */
  static async open(options: MetadataOptions): Promise<Metadata> {
    const { store, host, logger, nodeId, clusterId } = options
    const { timers } = host
    const { relistIntervalMs } = options
    const relist = relistIntervalMs === undefined ? {} : { relistIntervalMs }
    const follower = await ImageFollower.open({ store, logger, timers, ...relist })
    try {
      const stored = follower.image.clusterId
      if (stored !== '' && clusterId !== null && stored !== clusterId) {
        throw new Error(`The metadata store belongs to cluster ${stored}, the data of this broker to ${clusterId}.`)
      }
      const registration = await Registration.open({
        store,
        follower,
        clock: host.clock,
        timers,
        logger,
        nodeId,
        rack: options.rack ?? null,
        listeners: options.listeners ?? [],
        newClusterId: clusterId ?? host.random.uuid(),
        sessionTimeoutMs: options.sessionTimeoutMs ?? 9000,
        place: options.place ?? (() => null),
      })
      const metadata = new Metadata(options, follower, registration)
      await metadata.#begin(options)
      if (metadata.isController) await metadata.ownTopics.alignAllIntakes()
      metadata.#followAsController()
      return metadata
    } catch (error) {
      follower.close()
      throw error
    }
  }

  /** The cluster as it is known now. Never modified: keep it across an await to see one state. */
  get image(): MetadataImage {
    return this.#follower.image
  }

  get isController(): boolean {
    return this.#registration.isController
  }

  /** See Registration. */
  get isCertainlyAlive(): boolean {
    return this.#registration.isCertainlyAlive
  }

  /** See Registration. */
  onHeldAgain(listener: () => void): void {
    this.#registration.onHeldAgain(listener)
  }

  /**
   * Why what only the controller may do is not to be asked of this broker, in NOT_CONTROLLER's words; null where it is to be:
   * then the answer tells whether it is still entitled to it.
   */
  get controllerElsewhere(): string | null {
    return this.image.controllerId === this.#nodeId ? null : this.image.controllerText
  }

  /** Where this broker's settings come from: dynamic ones of its own and of all brokers, static ones. */
  get configLayers(): BrokerLayers {
    return this.#decisions.context.layers
  }

  /** This broker's settings with the dynamic ones in force; the same object while they are the same. */
  get brokerConfig(): BrokerConfig {
    return this.#decisions.brokerConfig
  }

  /** Calls `listener` after each change of the image, with what changed; returns how to stop. It must not throw. */
  onChange(listener: ImageListener): () => void {
    return this.#follower.onChange(listener)
  }

  /** Makes known where clients reach this broker: every listener with its name and advertised address. */
  async registerBroker(listeners: readonly BrokerListener[]): Promise<void> {
    await this.#registration.setListeners(listeners)
  }

  /** Why the metadata cannot be changed now; null while the store answers. */
  get problem(): Error | null {
    return this.#registration.problem
  }

  /**
   * One result per name, in the order of their first appearance; a name given twice is INVALID_REQUEST. Only the
   * controller makes what clients ask for.
   */
  async createTopics(
    requests: readonly TopicRequest[],
    { validateOnly = false }: { validateOnly?: boolean } = {},
  ): Promise<CreateTopicResult[]> {
    return await this.ownTopics.create(requests, { validateOnly, as: 'controller' })
  }

  /** One result per reference, in order. */
  async deleteTopics(references: readonly TopicReference[]): Promise<DeleteTopicResult[]> {
    const problems = referenceProblems(this.image, references)
    const results = await Promise.all(
      references.map((reference, index) => {
        const refuse = (refusal: Refusal): DeleteTopicResult => ({ ...reference, ...refusal })
        const problem = problems[index]!
        if (problem !== null) return refuse(invalidRequest(problem))
        return this.#decisions.submit((image, context) => deleteTopic(image, reference, context), refuse)
      }),
    )
    await Promise.all(
      results.map(({ errorCode, topicId }) =>
        errorCode === errors.NONE.code ? this.ownTopics.removeIntake(topicId) : undefined,
      ),
    )
    return results
  }

  /** One result per request, in order; a topic named twice is INVALID_REQUEST both times. */
  async createPartitions(
    requests: readonly PartitionsRequest[],
    { validateOnly = false }: { validateOnly?: boolean } = {},
  ): Promise<PartitionsResult[]> {
    const byName = Map.groupBy(requests, (request) => request.name)
    const results = await Promise.all(
      requests.map((request) => {
        const { name } = request
        const refuse = (refusal: Refusal): PartitionsResult => ({ name, ...refusal })
        if (byName.get(name)!.length > 1) {
          return refuse(namedTwice(name))
        }
        return this.#decisions.submit((image, context) => addPartitions(image, request, context), refuse, {
          validateOnly,
        })
      }),
    )
    if (!validateOnly) await this.ownTopics.alignIntakes(byName.keys())
    return results
  }

  /** AlterConfigs: each resource's dynamic configs become exactly those given. One result per resource, in order. */
  async alterConfigs(
    requests: readonly AlterRequest[],
    { validateOnly = false }: { validateOnly?: boolean } = {},
  ): Promise<AlterResult[]> {
    return await this.#alter(requests, replaceConfigs, validateOnly)
  }

  /** IncrementalAlterConfigs: single keys of each resource are changed. One result per resource, in order. */
  async incrementalAlterConfigs(
    requests: readonly AlterRequest[],
    { validateOnly = false }: { validateOnly?: boolean } = {},
  ): Promise<AlterResult[]> {
    return await this.#alter(requests, changeConfigs, validateOnly)
  }

  /**
   * Forgets a broker that is gone, and its settings. NONE, or why it is not forgotten. Whoever is asked does it, as clients
   * ask any broker (KIP-631): what is stored is compared with its not being registered.
   */
  async unregisterBroker(id: number): Promise<Refusal> {
    const result = await this.#decisions.submit(
      (image) => unregisterBroker(image, id),
      (refusal) => refusal,
      { as: 'any' },
    )
    if (result.errorCode === errors.NONE.code)
      await this.#decisions.submit(
        (image) => forgetBrokerConfigs(image, id),
        () => false,
        { as: 'any' },
      )
    return result
  }

  /** Whether this broker leads what others could lead. */
  get mustHandOver(): boolean {
    return leadsForOthers(this.image, this.#nodeId)
  }

  /** Whether there are brokers that clients can turn to when this one stops. */
  get hasOthers(): boolean {
    const { image } = this
    return [...image.brokers.keys()].some((id) => id !== this.#nodeId && image.isStaying(id))
  }

  /**
   * Before a stop: has others lead what this broker leads, where others can, and resolves when they do or after
   * `timeoutMs`, with whether they do. The broker serves meanwhile.
   */
  async handOver(timeoutMs: number): Promise<boolean> {
    if (timeoutMs === 0) return false
    try {
      await this.#registration.announceStop()
    } catch (error) {
      this.#logger.warn({ err: error }, 'The metadata store does not answer: the broker stops without handing over')
      return false
    }
    const isHanded = await handedOver(this.#follower, this.#host.timers, this.#nodeId, timeoutMs)
    if (!isHanded)
      this.#logger.warn({ timeoutMs }, 'Not all partitions have other leaders yet; the broker stops all the same')
    return isHanded
  }

  /** Gives up the registration and stops following the store, which stays open. */
  async close(): Promise<void> {
    this.#duties.close()
    try {
      await this.#registration.close()
    } catch (error) {
      this.#logger.debug({ err: error }, 'The registration could not be given up; it will expire')
    }
    this.#follower.close()
  }

  async #begin({ isClean = true, isLost = () => false, isMissing = () => false }: MetadataOptions): Promise<void> {
    const broker = {
      id: this.#nodeId,
      isClean,
      isLost,
      isMissing,
      isFlushed: ({ configs }: TopicImage) => resolveTopicConfig(configs, this.brokerConfig)['flush.mode'] === 'sync',
    }
    const changes = [...this.image.topics.keys()].map((name) =>
      this.#decisions.submit(
        (image, context) => {
          const topic = image.topics.get(name)
          return topic === undefined ? { result: 0, change: null } : beginBroker(image, topic, broker, context)
        },
        () => 0,
        { as: 'any' },
      ),
    )
    const changed = await Promise.all(changes)
    const partitions = changed.reduce((sum, count) => sum + count, 0)
    this.#logger.debug({ partitions }, 'Partitions taken up')
  }

  #followAsController(): void {
    this.#follower.onChange((image, _previous, change) => {
      this.#duties.changed(image, change)
      if (!change.controller || !this.isController) return
      this.#logger.info({ epoch: image.controllerEpoch }, 'This broker is the controller now')
      this.#alignIntakes()
    })
    this.#registration.onHeldAgain(() => {
      if (!this.isController) return
      this.#duties.all()
      this.#alignIntakes()
    })
    if (this.isController) this.#duties.all()
  }

  #alignIntakes(): void {
    this.ownTopics.alignAllIntakes().catch((error: Error) => {
      this.#logger.warn({ err: error }, 'Topics that records wait in could not be looked after')
    })
  }

  async #settle(names: readonly string[]): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        // Most are as they should be.
        if (settleTopic(this.image, name, this.#decisions.context).change === null) return
        const changed = await this.#decisions.insist(
          (image, context) => settleTopic(image, name, context),
          () => 0,
        )
        if (changed > 0) this.#logger.info({ topic: name, partitions: changed }, 'Partitions settled')
      }),
    )
  }

  async #alter(
    requests: readonly AlterRequest[],
    decide: (image: MetadataImage, request: AlterRequest, context: DecisionContext) => Decision<AlterResult>,
    validateOnly: boolean,
  ): Promise<AlterResult[]> {
    const repeated = repeatedResources(requests)
    const results = await Promise.all(
      requests.map((request, index) => {
        const refuse = (refusal: Refusal) => refusedAlter(request, refusal)
        if (repeated[index]) return refuse(invalidRequest('The request names the same resource more than once.'))
        return this.#decisions.submit((image, context) => decide(image, request, context), refuse, {
          validateOnly,
          as: 'any',
        })
      }),
    )
    const topics = requests.filter(({ resourceType }) => resourceType === configResource.topic)
    if (!validateOnly) await this.ownTopics.alignIntakes(topics.map(({ resourceName }) => resourceName))
    return results
  }
}

function invalidRequest(errorMessage: string): Refusal {
  return { errorCode: errors.INVALID_REQUEST.code, errorMessage }
}
