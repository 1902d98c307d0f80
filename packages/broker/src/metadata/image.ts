/**
 * The cluster's metadata at one revision of the store, held by every broker in memory.
 *
 *   list ─▶ loadImage ─▶ image at revision r
 *   events of revision r+1… ─▶ ImageDraft ─▶ next image; what did not change is the same object
 *
 * Images are never modified.
 */
import { intakeTopicOf } from './intake-topic.ts'
import {
  brokerConfigKey,
  brokerKey,
  clusterKey,
  controllerKey,
  groupConfigKey,
  knownBrokerKey,
  topicKey,
} from './keys.ts'
import type { BrokerListener, Configs, PartitionImage } from './values.ts'

export type { PartitionImage } from './values.ts'

export interface TopicImage {
  readonly name: string
  /** 22 characters of base64url; stable for the topic's life, another one when the topic is made again. */
  readonly topicId: string
  readonly isInternal: boolean
  /** What the topic sets itself, in Kafka's text form. */
  readonly configs: Configs
  /** By index, without gaps. */
  readonly partitions: readonly PartitionImage[]
  /** The store's revision of this value; 0 in a draft where it is not stored yet. */
  readonly modRevision: number
}

export interface BrokerRegistration {
  readonly id: number
  /** The revision that made the registration: higher with every start of the broker. */
  readonly epoch: number
  /** Empty until the broker listens. */
  readonly listeners: readonly BrokerListener[]
  readonly rack: string | null
  /** It is about to stop: it still serves, and others are to lead. */
  readonly isStopping: boolean
  /** Where its data is; null where it does not say. */
  readonly place: string | null
  readonly modRevision: number
}

/** A broker that registered once and was not unregistered since, whether it lives or not. */
export interface KnownBroker {
  readonly id: number
  /** Where it was reached last. */
  readonly listeners: readonly BrokerListener[]
  readonly rack: string | null
  readonly modRevision: number
}

export interface ConfigsImage {
  readonly configs: Configs
  readonly modRevision: number
}

/** What an image is made of. */
export interface ImageContents {
  readonly revision: number
  /** '' before the cluster has one. */
  readonly clusterId: string
  /** -1 while no broker is controller. */
  readonly controllerId: number
  /** The revision that made the controller key, which every metadata write compares; 0 for none. */
  readonly controllerEpoch: number
  readonly brokers: ReadonlyMap<number, BrokerRegistration>
  readonly knownBrokers: ReadonlyMap<number, KnownBroker>
  readonly topics: ReadonlyMap<string, TopicImage>
  readonly topicsById: ReadonlyMap<string, TopicImage>
  /** Topics with '.' or '_' in their names, by the name with '_' for '.': two that differ in nothing else may not be. */
  readonly collisions: ReadonlyMap<string, string>
  /** Dynamic broker configs by broker id as text; '' for those of all brokers. */
  readonly brokerConfigs: ReadonlyMap<string, ConfigsImage>
  readonly groupConfigs: ReadonlyMap<string, ConfigsImage>
}

export class MetadataImage implements ImageContents {
  readonly revision: number
  readonly clusterId: string
  readonly controllerId: number
  readonly controllerEpoch: number
  readonly brokers: ReadonlyMap<number, BrokerRegistration>
  readonly knownBrokers: ReadonlyMap<number, KnownBroker>
  readonly topics: ReadonlyMap<string, TopicImage>
  readonly topicsById: ReadonlyMap<string, TopicImage>
  readonly collisions: ReadonlyMap<string, string>
  readonly brokerConfigs: ReadonlyMap<string, ConfigsImage>
  readonly groupConfigs: ReadonlyMap<string, ConfigsImage>

  constructor(contents: ImageContents) {
    this.revision = contents.revision
    this.clusterId = contents.clusterId
    this.controllerId = contents.controllerId
    this.controllerEpoch = contents.controllerEpoch
    this.brokers = contents.brokers
    this.knownBrokers = contents.knownBrokers
    this.topics = contents.topics
    this.topicsById = contents.topicsById
    this.collisions = contents.collisions
    this.brokerConfigs = contents.brokerConfigs
    this.groupConfigs = contents.groupConfigs
  }

  static readonly empty: MetadataImage = new MetadataImage({
    revision: 0,
    clusterId: '',
    controllerId: -1,
    controllerEpoch: 0,
    brokers: new Map(),
    knownBrokers: new Map(),
    topics: new Map(),
    topicsById: new Map(),
    collisions: new Map(),
    brokerConfigs: new Map(),
    groupConfigs: new Map(),
  })

  /** Who is controller, in NOT_CONTROLLER's words. */
  get controllerText(): string {
    return this.controllerId === -1 ? 'No broker is controller.' : `Broker ${this.controllerId} is the controller.`
  }

  /** The topics that clients are told of when they ask for all: those that records wait in are the broker's alone. */
  listedTopics(): TopicImage[] {
    return [...this.topics.values()].filter(({ name }) => intakeTopicOf(name) === null)
  }

  /** The live brokers, ascending by id. */
  liveBrokers(): BrokerRegistration[] {
    return [...this.brokers.values()].sort((a, b) => a.id - b.id)
  }

  /** Brokers that are known and not there, ascending by id. */
  goneBrokers(): KnownBroker[] {
    return [...this.knownBrokers.values()].filter(({ id }) => !this.brokers.has(id)).sort((a, b) => a.id - b.id)
  }

  /** Whether a broker serves clients and is going to: it is the one to lead, where there is a choice. */
  isStaying(id: number): boolean {
    const broker = this.brokers.get(id)
    return broker !== undefined && !broker.isStopping && broker.listeners.length > 0
  }

  /** The store's keys of all that the image holds. */
  *keys(): Generator<string> {
    for (const name of this.topics.keys()) yield topicKey(name)
    for (const id of this.brokers.keys()) yield brokerKey(id)
    for (const id of this.knownBrokers.keys()) yield knownBrokerKey(id)
    for (const name of this.brokerConfigs.keys()) yield brokerConfigKey(name)
    for (const name of this.groupConfigs.keys()) yield groupConfigKey(name)
    if (this.controllerEpoch !== 0) yield controllerKey
    if (this.clusterId !== '') yield clusterKey
  }
}
