/** The JSON values under the store's keys: how they are written, and checked when they are read. */
import { MetadataValueError } from './metadata-value-error.ts'

export type Configs = Readonly<Record<string, string>>

/** Where a broker can be reached under one of its listener names. */
export interface BrokerListener {
  readonly name: string
  readonly host: string
  readonly port: number
}

export interface PartitionImage {
  readonly index: number
  readonly replicas: readonly number[]
  /** The replicas that are in sync. */
  readonly isr: readonly number[]
  /** Broker id, or -1 for none. */
  readonly leader: number
  readonly leaderEpoch: number
  /** Rises with every change of the partition. */
  readonly partitionEpoch: number
  /** While replicas are being moved: those of `replicas` that come. */
  readonly adding?: readonly number[]
  /** While replicas are being moved: those of `replicas` that go once the others are in sync. */
  readonly removing?: readonly number[]
  /** Not in sync, but they have all that is committed: they may lead where nobody in sync can (KIP-966). */
  readonly elr?: readonly number[]
  /** They were in sync or eligible last, before they lost what they had. */
  readonly lastElr?: readonly number[]
  /** Replicas whose log cannot be used, though their broker lives. */
  readonly offline?: readonly number[]
}

export interface TopicValue {
  readonly topicId: string
  readonly partitions: readonly PartitionImage[]
  readonly configs: Configs
}

/**
 * A partition as it is stored: replicas, isr, leader, leaderEpoch, partitionEpoch; its index is its place in the array.
 * What is empty for most follows where there is any of it: replicas that come, that go, that are eligible to lead, that
 * were, that are offline.
 */
type PackedPartition = [readonly number[], readonly number[], number, number, number, ...(readonly number[])[]]

/** What every packed partition has. */
const MEMBERS = 5
const LISTS = ['adding', 'removing', 'elr', 'lastElr', 'offline'] as const

export function formatTopic(topic: TopicValue): string {
  const { topicId, configs } = topic
  return JSON.stringify({ topicId, partitions: topic.partitions.map(packPartition), configs })
}

function packPartition(partition: PartitionImage): PackedPartition {
  const { replicas, isr, leader, leaderEpoch, partitionEpoch } = partition
  const lists = LISTS.map((name) => partition[name] ?? [])
  return [replicas, isr, leader, leaderEpoch, partitionEpoch, ...lists.slice(0, packedLists(lists))]
}

export function parseTopic(key: string, text: string): TopicValue {
  const { topicId, partitions, configs } = parseObject(key, text)
  if (typeof topicId !== 'string' || topicId.length !== 22) throw new MetadataValueError(key, 'topicId is no topic id')
  if (!Array.isArray(partitions)) throw new MetadataValueError(key, 'partitions is no array')
  return {
    topicId,
    partitions: partitions.map((packed, index) => parsePartition(key, packed, index)),
    configs: checkConfigs(key, configs),
  }
}

/** How many of the lists are written: none, those of a move, or all. */
function packedLists(lists: readonly (readonly number[])[]): number {
  if (lists.slice(2).some((list) => list.length > 0)) return LISTS.length
  return lists.some((list) => list.length > 0) ? 2 : 0
}

function parsePartition(key: string, packed: unknown, index: number): PartitionImage {
  // A newer release may have put more behind it, which this one does not know and does not keep.
  if (!Array.isArray(packed) || packed.length < MEMBERS || packed.length === MEMBERS + 1)
    throw new MetadataValueError(key, `partition ${index} is no tuple of 5, 7 and more`)
  const [replicas, isr, leader, leaderEpoch, partitionEpoch] = packed as unknown[]
  const lists = packed.slice(MEMBERS, MEMBERS + LISTS.length)
  if (
    !(
      isIds(replicas) &&
      isIds(isr) &&
      isInteger(leader, -1) &&
      isInteger(leaderEpoch, 0) &&
      isInteger(partitionEpoch, 0) &&
      lists.every(isIds)
    )
  ) {
    throw new MetadataValueError(key, `partition ${index} is not [replicas, isr, leader, leaderEpoch, partitionEpoch]`)
  }
  const partition = { index, replicas, isr, leader, leaderEpoch, partitionEpoch }
  // Most are no more than that, and a topic may have ten thousand.
  if (lists.length === 0) return partition
  const isMoving = lists.slice(0, 2).some((list) => list.length > 0)
  const named = LISTS.flatMap((name, place) => {
    const list = lists[place]
    const isThere = list !== undefined && (list.length > 0 || (isMoving && place < 2))
    return isThere ? [[name, list] as const] : []
  })
  return { ...partition, ...Object.fromEntries(named) }
}

/** What a broker says of itself. */
export interface BrokerValue {
  readonly listeners: readonly BrokerListener[]
  readonly rack: string | null
  /** It is about to stop: nobody is to make it the leader of anything. */
  readonly isStopping: boolean
  /** The data it holds the lock of, and on which machine: whoever holds that lock now knows that this one is dead. */
  readonly place: string | null
}

export function formatBroker(broker: Pick<BrokerValue, 'listeners' | 'rack'> & Partial<BrokerValue>): string {
  const { listeners, rack, isStopping = false, place = null } = broker
  return JSON.stringify({
    listeners,
    rack,
    ...(isStopping ? { isStopping } : {}),
    ...(place === null ? {} : { place }),
  })
}

export function parseBroker(key: string, text: string): BrokerValue {
  const { listeners, rack, isStopping, place } = parseObject(key, text)
  if (rack !== null && typeof rack !== 'string') throw new MetadataValueError(key, 'rack is no text')
  if (!Array.isArray(listeners)) throw new MetadataValueError(key, 'listeners is no array')
  return {
    listeners: listeners.map((listener: unknown) => {
      const { name, host, port } = isObject(listener) ? listener : {}
      if (typeof name !== 'string' || typeof host !== 'string' || !isInteger(port, 0)) {
        throw new MetadataValueError(key, 'a listener is not { name, host, port }')
      }
      return { name, host, port }
    }),
    rack,
    isStopping: isStopping === true,
    place: typeof place === 'string' ? place : null,
  }
}

export function formatConfigs(configs: Configs): string {
  return JSON.stringify(configs)
}

export function parseConfigs(key: string, text: string): Configs {
  return checkConfigs(key, parseObject(key, text))
}

export function formatController(brokerId: number): string {
  return JSON.stringify({ brokerId })
}

export function parseController(key: string, text: string): number {
  return parseInteger(key, text, 'brokerId')
}

export function formatCluster(clusterId: string): string {
  return JSON.stringify({ clusterId })
}

export function parseCluster(key: string, text: string): string {
  const { clusterId } = parseObject(key, text)
  if (typeof clusterId !== 'string') throw new MetadataValueError(key, 'clusterId is no text')
  return clusterId
}

export function formatProducerIds(next: number): string {
  return JSON.stringify({ next })
}

/** The first producer id that is not reserved yet. */
export function parseProducerIds(key: string, text: string): number {
  return parseInteger(key, text, 'next')
}

function parseInteger(key: string, text: string, name: string): number {
  const value = parseObject(key, text)[name]
  if (!isInteger(value, 0)) throw new MetadataValueError(key, `${name} is no whole number from 0`)
  return value
}

function parseObject(key: string, text: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new MetadataValueError(key, 'it is no JSON')
  }
  if (!isObject(value)) throw new MetadataValueError(key, 'it is no object')
  return value
}

function checkConfigs(key: string, value: unknown): Configs {
  if (!isObject(value) || !Object.values(value).every((text) => typeof text === 'string')) {
    throw new MetadataValueError(key, 'configs are not texts by key')
  }
  return value as Configs
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isInteger(value: unknown, min: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= min
}

function isIds(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((id) => isInteger(id, 0))
}
