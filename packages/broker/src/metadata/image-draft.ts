import {
  type BrokerRegistration,
  type ConfigsImage,
  type KnownBroker,
  MetadataImage,
  type TopicImage,
} from './image.ts'
import type { ImageChange } from './image-change.ts'
import { meaningOfKey } from './keys.ts'
import { MetadataValueError } from './metadata-value-error.ts'
import type { Entry, EventBatch } from './store.ts'
import { hasCollisionCharacters, isInternalTopic, unifyCollisionCharacters } from './topic-name.ts'
import { parseBroker, parseCluster, parseConfigs, parseController, parseTopic } from './values.ts'

/**
 * An image in the making. It reads like an image at any time, which lets decisions be made over changes that are not
 * stored yet. A map is copied when it is first changed.
 */
export class ImageDraft extends MetadataImage {
  declare clusterId: string
  declare controllerId: number
  declare controllerEpoch: number
  declare brokers: Map<number, BrokerRegistration>
  declare knownBrokers: Map<number, KnownBroker>
  declare topics: Map<string, TopicImage>
  declare topicsById: Map<string, TopicImage>
  declare collisions: Map<string, string>
  declare brokerConfigs: Map<string, ConfigsImage>
  declare groupConfigs: Map<string, ConfigsImage>

  readonly #base: MetadataImage
  readonly #change = {
    topics: new Set<string>(),
    brokers: new Set<number>(),
    brokerConfigs: new Set<string>(),
    groupConfigs: new Set<string>(),
  }

  constructor(base: MetadataImage) {
    super(base)
    this.#base = base
  }

  /** Applies what happened, in order. A value that cannot be read is reported and leaves what was there. */
  apply(batches: readonly EventBatch[], invalid: (error: MetadataValueError) => void): void {
    for (const batch of batches) {
      for (const event of batch.events) {
        try {
          if (event.kind === 'put') this.put(event.entry)
          else this.delete(event.key)
        } catch (error) {
          if (!(error instanceof MetadataValueError)) throw error
          invalid(error)
        }
      }
    }
  }

  /** Throws a MetadataValueError where the value cannot be read. Only the numbers of `entry` that are given are needed. */
  put(entry: Pick<Entry, 'key' | 'value' | 'createRevision' | 'modRevision'>): void {
    const { key, value, createRevision, modRevision } = entry
    const meaning = meaningOfKey(key)
    switch (meaning?.kind) {
      case 'topic':
        this.#putTopic(meaning.name, { name: meaning.name, ...parseTopic(key, value), modRevision, isInternal: false })
        break
      case 'broker': {
        const id = brokerId(key, meaning.name)
        const { listeners, rack, isStopping, place } = parseBroker(key, value)
        this.#brokers().set(id, { id, epoch: createRevision, listeners, rack, isStopping, place, modRevision })
        this.#change.brokers.add(id)
        break
      }
      case 'knownBroker': {
        const id = brokerId(key, meaning.name)
        const { listeners, rack } = parseBroker(key, value)
        this.#knownBrokers().set(id, { id, listeners, rack, modRevision })
        this.#change.brokers.add(id)
        break
      }
      case 'brokerConfigs':
        this.#brokerConfigs().set(meaning.name, { configs: parseConfigs(key, value), modRevision })
        this.#change.brokerConfigs.add(meaning.name)
        break
      case 'groupConfigs':
        this.#groupConfigs().set(meaning.name, { configs: parseConfigs(key, value), modRevision })
        this.#change.groupConfigs.add(meaning.name)
        break
      case 'controller':
        this.controllerId = parseController(key, value)
        this.controllerEpoch = createRevision
        break
      case 'cluster':
        this.clusterId = parseCluster(key, value)
        break
    }
  }

  delete(key: string): void {
    const meaning = meaningOfKey(key)
    switch (meaning?.kind) {
      case 'topic':
        this.#deleteTopic(meaning.name)
        break
      case 'broker': {
        const id = brokerId(key, meaning.name)
        if (this.#brokers().delete(id)) this.#change.brokers.add(id)
        break
      }
      case 'knownBroker': {
        const id = brokerId(key, meaning.name)
        if (this.#knownBrokers().delete(id)) this.#change.brokers.add(id)
        break
      }
      case 'brokerConfigs':
        if (this.#brokerConfigs().delete(meaning.name)) this.#change.brokerConfigs.add(meaning.name)
        break
      case 'groupConfigs':
        if (this.#groupConfigs().delete(meaning.name)) this.#change.groupConfigs.add(meaning.name)
        break
      case 'controller':
        this.controllerId = -1
        this.controllerEpoch = 0
        break
      case 'cluster':
        this.clusterId = ''
        break
    }
  }

  /** The image as it is now, at `revision`, and how it differs from the one the draft began with. */
  finish(revision: number): { image: MetadataImage; change: ImageChange } {
    const controller = this.controllerEpoch !== this.#base.controllerEpoch
    return { image: new MetadataImage({ ...this, revision }), change: { ...this.#change, controller } }
  }

  #putTopic(name: string, topic: TopicImage): void {
    const before = this.topics.get(name)
    if (this.topics === this.#base.topics) this.topics = new Map(this.topics)
    this.#ownIds()
    if (before !== undefined && before.topicId !== topic.topicId) this.topicsById.delete(before.topicId)
    const image = isInternalTopic(name) ? { ...topic, isInternal: true } : topic
    this.topics.set(name, image)
    this.topicsById.set(image.topicId, image)
    if (before === undefined && hasCollisionCharacters(name)) {
      this.#ownCollisions()
      this.collisions.set(unifyCollisionCharacters(name), name)
    }
    this.#change.topics.add(name)
  }

  #deleteTopic(name: string): void {
    const before = this.topics.get(name)
    if (before === undefined) return
    if (this.topics === this.#base.topics) this.topics = new Map(this.topics)
    this.#ownIds()
    this.topics.delete(name)
    this.topicsById.delete(before.topicId)
    const unified = unifyCollisionCharacters(name)
    if (this.collisions.get(unified) === name) {
      this.#ownCollisions()
      this.collisions.delete(unified)
    }
    this.#change.topics.add(name)
  }

  #ownIds(): void {
    if (this.topicsById === this.#base.topicsById) this.topicsById = new Map(this.topicsById)
  }

  #ownCollisions(): void {
    if (this.collisions === this.#base.collisions) this.collisions = new Map(this.collisions)
  }

  #brokers(): Map<number, BrokerRegistration> {
    if (this.brokers === this.#base.brokers) this.brokers = new Map(this.brokers)
    return this.brokers
  }

  #knownBrokers(): Map<number, KnownBroker> {
    if (this.knownBrokers === this.#base.knownBrokers) this.knownBrokers = new Map(this.knownBrokers)
    return this.knownBrokers
  }

  #brokerConfigs(): Map<string, ConfigsImage> {
    if (this.brokerConfigs === this.#base.brokerConfigs) this.brokerConfigs = new Map(this.brokerConfigs)
    return this.brokerConfigs
  }

  #groupConfigs(): Map<string, ConfigsImage> {
    if (this.groupConfigs === this.#base.groupConfigs) this.groupConfigs = new Map(this.groupConfigs)
    return this.groupConfigs
  }
}

/**
 * The image of all entries at `revision`, and how it differs from `previous`, which lends what is the same (found by
 * modification revision). Throws a MetadataValueError for a value that cannot be read.
 */
export function loadImage(
  revision: number,
  entries: readonly Entry[],
  previous: MetadataImage = MetadataImage.empty,
): { image: MetadataImage; change: ImageChange } {
  const draft = new ImageDraft(previous)
  const present = new Set<string>()
  for (const entry of entries) {
    present.add(entry.key)
    if (!isSame(previous, entry)) draft.put(entry)
  }
  for (const key of previous.keys()) if (!present.has(key)) draft.delete(key)
  return draft.finish(revision)
}

function isSame(image: MetadataImage, { key, modRevision }: Entry): boolean {
  const meaning = meaningOfKey(key)
  switch (meaning?.kind) {
    case 'topic':
      return image.topics.get(meaning.name)?.modRevision === modRevision
    case 'broker':
      return image.brokers.get(Number(meaning.name))?.modRevision === modRevision
    case 'knownBroker':
      return image.knownBrokers.get(Number(meaning.name))?.modRevision === modRevision
    case 'brokerConfigs':
      return image.brokerConfigs.get(meaning.name)?.modRevision === modRevision
    case 'groupConfigs':
      return image.groupConfigs.get(meaning.name)?.modRevision === modRevision
    default:
      return false
  }
}

function brokerId(key: string, name: string): number {
  const id = Number(name)
  if (!Number.isSafeInteger(id) || id < 0) throw new MetadataValueError(key, 'the key ends in no broker id')
  return id
}
