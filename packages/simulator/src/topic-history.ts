import { PartitionHistory } from './partition-history.ts'

/** What clients know of a topic. `creating` and `deleting`: asked for, and not answered yet. */
export type TopicState = 'creating' | 'there' | 'deleting' | 'deleted'

export class TopicHistory {
  readonly name: string
  state: TopicState = 'creating'
  /** Empty until an answer told it. */
  topicId = ''
  readonly partitions: PartitionHistory[] = []
  /** Whether its oldest records go where the disk is too full. */
  isOnTightDisk = false
  /** Of each partition the greatest leader epoch that was seen. */
  readonly leaderEpochs: number[] = []
  /** Partitions asked for: as many, or as few as there are in `partitions`. */
  partitionsAsked = 0
  /** Acknowledged settings. */
  readonly configs: Map<string, string>
  /** Settings asked for and not answered yet. */
  readonly configsAsked = new Map<string, string>()
  readonly #fail: (problem: string) => void
  #wasEverAsync = false

  constructor(name: string, configs: Readonly<Record<string, string>>, fail: (problem: string) => void) {
    this.name = name
    this.configs = new Map(Object.entries(configs))
    this.#fail = fail
  }

  /** Whether an acknowledgement promises that the record outlives a power failure. */
  get isSync(): boolean {
    return this.configs.get('flush.mode') === 'sync' && this.configsAsked.get('flush.mode') !== 'async'
  }

  /** Whether it ever was other than that: then not all that can be read outlives a power failure. */
  get wasEverAsync(): boolean {
    return this.#wasEverAsync || !this.isSync
  }

  get isCompacted(): boolean {
    return this.configs.get('cleanup.policy')?.includes('compact') ?? false
  }

  /** Whether old records may go by themselves. */
  get expires(): boolean {
    if (this.isOnTightDisk && !this.isCompacted) return true
    return ['retention.bytes', 'retention.ms'].some((key) => this.configs.has(key) || this.configsAsked.has(key))
  }

  get isGoing(): boolean {
    return this.state === 'deleting' || this.state === 'deleted'
  }

  /** A setting is asked for. */
  configure(key: string, value: string): void {
    if (!this.isSync) this.#wasEverAsync = true
    this.configsAsked.set(key, value)
  }

  /** The setting asked for is in force. */
  configured(key: string, value: string): void {
    if (!this.isSync) this.#wasEverAsync = true
    this.configs.set(key, value)
    this.configsAsked.delete(key)
  }

  /** Notes that the topic has so many partitions. */
  grown(count: number): void {
    while (this.partitions.length < count)
      this.partitions.push(new PartitionHistory(this, this.partitions.length, this.#fail))
    this.partitionsAsked = Math.max(this.partitionsAsked, count)
  }
}
