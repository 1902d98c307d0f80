/**
 * What was changed on a cluster, by whom: in a topic of that cluster, once somebody has agreed to it. Until then the newest
 * entries are kept here, and are gone with the console.
 */
import { randomUUID } from 'node:crypto'
import {
  type Cluster,
  createTopic,
  KafkaError,
  LATEST,
  lastRecords,
  listOffsets,
  offsetOf,
  produceMessage,
  topicPlaces,
} from '@odradek/client'
import { type AuditEntry, type AuditEvent, auditEntry, entryOf } from './audit-entry.ts'
import { BoundedEntries } from './bounded-entries.ts'

export const AUDIT_TOPIC = 'odradek-audit'

export interface AuditStatus {
  /** off: no topic yet; on: entries are written; failing: they cannot be, and wait here. */
  readonly state: 'off' | 'on' | 'failing'
  readonly topic: string
  /** Why it fails, or why it is off though somebody wanted it. */
  readonly reason: string | null
  /** Entries that are only here. */
  readonly unwritten: number
}

export interface AuditPage {
  /** Newest first. */
  readonly entries: readonly AuditEntry[]
  /** Ask with this for what is before; null: nothing is. */
  readonly before: number | null
  readonly status: AuditStatus
}

const UNWRITTEN_MAX = 1000
const NEWEST_MAX = 1000
const KEPT_BYTES_MAX = 32 * 1024 * 1024
/** A change waits this long for its entry to be written, then goes on; the entry is tried again later. */
const WRITE_WAIT_MS = 3000
const MESSAGE_BYTES_MAX = 8 * 1024 * 1024
const MINUTE_MS = 60_000

export class AuditTrail {
  readonly #cluster: Cluster
  /** Not in the topic (yet), oldest first. */
  readonly #unwritten = new BoundedEntries(UNWRITTEN_MAX, KEPT_BYTES_MAX)
  #writing: Promise<void> | null = null
  /** The newest that are written, oldest first, and the offset where to read on. */
  readonly #newest = new BoundedEntries(NEWEST_MAX, KEPT_BYTES_MAX)
  #next = 0
  #topicId = ''
  #following: Promise<void> | null = null
  #failure: string | null = null
  #failedAtMs = 0

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** Keeps an entry and waits a little for it to be written. Never throws: the change is done already. */
  async record(event: AuditEvent): Promise<void> {
    const entry = entryOf(event, event.id ?? randomUUID())
    this.#unwritten.push(entry, Buffer.byteLength(JSON.stringify(entry)))
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, WRITE_WAIT_MS)
    })
    await Promise.race([this.#write(), late])
    clearTimeout(timer)
  }

  async status(): Promise<AuditStatus> {
    const isThere = await this.#hasTopic()
    const isFailing = isThere && this.#failure !== null && this.#unwritten.size > 0
    return {
      state: isFailing ? 'failing' : isThere ? 'on' : 'off',
      topic: AUDIT_TOPIC,
      reason: this.#failure,
      unwritten: this.#unwritten.size,
    }
  }

  /** Makes the topic. Throws where that is not permitted; the status says so then. */
  async enable(): Promise<AuditStatus> {
    if (!(await this.#hasTopic())) {
      const { brokers } = await this.#cluster.metadata()
      const topic = {
        name: AUDIT_TOPIC,
        partitions: 1,
        replicationFactor: Math.min(3, brokers.length),
        configs: { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'max.message.bytes': String(MESSAGE_BYTES_MAX) },
      }
      try {
        await createTopic(this.#cluster, topic)
      } catch (error) {
        if (!(error instanceof KafkaError && error.errorName === 'TOPIC_ALREADY_EXISTS')) {
          this.#failure = (error as Error).message
          throw error
        }
      }
    }
    this.#failure = null
    await this.#write()
    return this.status()
  }

  /** Entries before an offset of the topic (the newest, if not given), and with those that are not written. */
  async list(options: { count: number; before?: number | undefined }): Promise<AuditPage> {
    // Entries that could not be written are tried again when somebody looks.
    if (this.#unwritten.size > 0) await this.#write()
    const status = await this.status()
    const waiting = options.before === undefined ? this.#unwritten.all.reverse() : []
    if (status.state === 'off') return { entries: waiting.slice(0, options.count), before: null, status }
    const { records, before } = await lastRecords(this.#cluster, AUDIT_TOPIC, 0, options)
    const written = records.flatMap(({ value }) => readEntry(value) ?? []).reverse()
    return { entries: [...waiting, ...written], before, status }
  }

  /** A text that is another as soon as there are entries that were not there before, or the status is another. */
  async mark(): Promise<string> {
    if (this.#unwritten.size > 0) await this.#write()
    const status = await this.status()
    const topic = status.state === 'off' ? null : await topicPlaces(this.#cluster, AUDIT_TOPIC)
    const ends = await listOffsets(this.#cluster, topic === null ? [] : [{ topic, partitions: [0] }], LATEST)
    return JSON.stringify([status, this.#unwritten.last?.id ?? null, offsetOf(ends, AUDIT_TOPIC, 0)])
  }

  /** Those that are wanted among the newest thousand, newest first. */
  async find(isWanted: (entry: AuditEntry) => boolean): Promise<AuditEntry[]> {
    if (await this.#hasTopic()) await this.#follow()
    return [...this.#newest.all, ...this.#unwritten.all].filter(isWanted).reverse()
  }

  /** Reads what was written since the last time, by whomever. */
  #follow(): Promise<void> {
    this.#following ??= this.#readOn().finally(() => {
      this.#following = null
    })
    return this.#following
  }

  async #readOn(): Promise<void> {
    const { id } = await topicPlaces(this.#cluster, AUDIT_TOPIC)
    if (id !== this.#topicId) {
      this.#topicId = id
      this.#newest.clear()
      this.#next = 0
    }
    const { records, next } = await lastRecords(this.#cluster, AUDIT_TOPIC, 0, { count: NEWEST_MAX, from: this.#next })
    this.#next = next
    for (const { value } of records) {
      const entry = readEntry(value)
      if (entry) this.#newest.push(entry, value?.length ?? 0)
    }
  }

  async #hasTopic(): Promise<boolean> {
    const metadata = await this.#cluster.metadata()
    return metadata.topics.get(AUDIT_TOPIC)?.errorCode === 0
  }

  /** Writes what is not written, in order, one at a time. */
  #write(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = null
    })
    return this.#writing
  }

  async #writeAll(): Promise<void> {
    try {
      if (!(await this.#hasTopic())) return
      for (let entry = this.#unwritten.first; entry !== undefined; entry = this.#unwritten.first) {
        const { id, atMs } = entry
        await produceMessage(this.#cluster, {
          topic: AUDIT_TOPIC,
          partition: 0,
          key: { format: 'text', text: id },
          value: { format: 'text', text: JSON.stringify(entry) },
          headers: [],
          timestamp: atMs,
          codec: 'gzip',
        })
        this.#unwritten.shift()
      }
      this.#failure = null
    } catch (error) {
      this.#failure = (error as Error).message
      // One line a minute: the status says it all the time.
      if (Date.now() - this.#failedAtMs > MINUTE_MS) process.stderr.write(`Audit cannot be written: ${this.#failure}\n`)
      this.#failedAtMs = Date.now()
    }
  }
}

function readEntry(value: Buffer | null): AuditEntry | null {
  if (value === null) return null
  try {
    return auditEntry.parse(JSON.parse(value.toString()))
  } catch {
    // Something else was written into the topic.
    return null
  }
}
