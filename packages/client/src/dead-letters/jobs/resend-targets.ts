/** Where the letters of a job go, and how much a batch to there may hold. */
import { errors, Metadata } from '@odradek/protocol'
import type { Cluster } from '../../cluster.ts'
import { KafkaError } from '../../cluster-errors.ts'
import { fetchMetadata, type TopicPlaces } from '../../cluster-metadata.ts'
import { describeConfigs } from '../../configs/describe-configs.ts'
import { partitionOfKey } from '../../messages/partition-of-key.ts'
import type { DeadLetter } from '../dead-letter.ts'
import type { JobRecord } from './jobs-record.ts'
import { letterReason } from './letter-reasons.ts'

/** A partition that a letter goes to, or why it goes nowhere. */
export type LetterTarget =
  | { readonly topic: string; readonly partition: number; readonly problem: null }
  | { readonly topic: string | null; readonly partition: -1; readonly problem: string }

const MESSAGE_BYTES_MAX = 1024 * 1024
const UNKNOWN = errors.UNKNOWN_TOPIC_OR_PARTITION.code
const ATTEMPTS_MAX = 5
const RETRY_MS = 200

interface KnownTopic {
  readonly places: TopicPlaces | null
  /** Why there are none. */
  readonly problem: string
  readonly bytesMax: number
}

export class ResendTargets {
  readonly #cluster: Cluster
  readonly #job: Pick<JobRecord, 'target' | 'retryTopic'>
  readonly #topics = new Map<string, KnownTopic>()

  constructor(cluster: Cluster, job: Pick<JobRecord, 'target' | 'retryTopic'>) {
    this.#cluster = cluster
    this.#job = job
  }

  /** Whether it goes to a topic of retries, which is told where a letter came from. */
  get isRetry(): boolean {
    return this.#job.target.kind === 'retry'
  }

  /** Learns of the topics to which these letters go; those that are known are not asked for again. */
  async prepare(letters: Iterable<DeadLetter>): Promise<void> {
    const names = new Set<string>()
    for (const letter of letters) {
      const name = this.#topicOf(letter)
      if (name !== null && !this.#topics.has(name)) names.add(name)
    }
    await Promise.all([...names].map((name) => this.#learn(name)))
  }

  /** What is known of a topic is asked for again the next time. */
  forget(topic: string): void {
    this.#topics.delete(topic)
  }

  /** `letters` that were prepared. `number` spreads those without a key. */
  of(letter: DeadLetter, number: number, key: Buffer | null): LetterTarget {
    const topic = this.#topicOf(letter)
    if (topic === null) {
      const problem =
        this.#job.target.kind === 'retry' ? letterReason('noRetryTopic', {}) : letterReason('originUnknown', {})
      return { topic, partition: -1, problem }
    }
    const known = this.#topics.get(topic)
    const places = known?.places ?? null
    if (places === null)
      return { topic, partition: -1, problem: known?.problem ?? letterReason('topicUnknown', { topic }) }
    const count = places.partitions.length
    const origin = this.#job.target.kind === 'origin' ? (letter.origin?.partition ?? -1) : -1
    if (origin >= 0 && origin < count) return { topic, partition: origin, problem: null }
    return { topic, partition: key === null ? number % count : partitionOfKey(key, count), problem: null }
  }

  /** Bytes that a batch of the topic may have. */
  bytesMax(topic: string): number {
    return this.#topics.get(topic)?.bytesMax ?? MESSAGE_BYTES_MAX
  }

  /** Node id of who leads a partition; -1 for nobody, null where there is no such partition. */
  async leader(topic: string, partition: number): Promise<number | null> {
    if (!this.#topics.has(topic)) await this.#learn(topic)
    const places = this.#topics.get(topic)?.places
    return places?.partitions.find((place) => place.partition === partition)?.leader ?? null
  }

  #topicOf(letter: DeadLetter): string | null {
    const { target, retryTopic } = this.#job
    switch (target.kind) {
      case 'retry':
        return retryTopic
      case 'origin':
        return letter.origin?.topic ?? null
      case 'topic':
        return target.topic
      default:
        return target satisfies never
    }
  }

  async #learn(name: string): Promise<void> {
    const ask = async () => (await fetchMetadata(this.#cluster, [name])).topics.get(name)
    let places = await ask()
    if (places?.errorCode === UNKNOWN && this.isRetry) {
      // The broker makes the retry topic of a group when it is first asked for.
      await this.#cluster.request(Metadata, { topics: [{ name }], allowAutoTopicCreation: true })
      this.#cluster.forget()
    }
    // A broker that has just begun may not have heard of it yet.
    for (let attempt = 1; attempt < ATTEMPTS_MAX && places?.errorCode === UNKNOWN; attempt++) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      places = await ask()
    }
    const error = new KafkaError(places?.errorCode ?? UNKNOWN, `find topic "${name}"`)
    const isThere = places?.errorCode === 0 && places.partitions.length > 0
    if (isThere) {
      this.#topics.set(name, { places: places!, problem: '', bytesMax: await messageBytesMax(this.#cluster, name) })
      return
    }
    // A name that is none, or a topic that may not be seen, is the matter of the letters that go there.
    if (error.isRetriable && error.code !== UNKNOWN) throw error
    const isMissing = error.code === UNKNOWN || error.code === 0
    const problem = isMissing
      ? letterReason('topicMissing', { topic: name })
      : letterReason('refused', { place: name, text: error.message, error: error.errorName })
    this.#topics.set(name, { places: null, problem, bytesMax: MESSAGE_BYTES_MAX })
  }
}

async function messageBytesMax(cluster: Cluster, topic: string): Promise<number> {
  const name = 'max.message.bytes'
  // Whoever may not read configs may write all the same; what is too large is refused then.
  const entries = await describeConfigs(cluster, { type: 'topic', name: topic }, [name]).catch(() => [])
  const value = Number(entries.find((entry) => entry.name === name)?.value)
  return Number.isSafeInteger(value) && value > 0 ? value : MESSAGE_BYTES_MAX
}
