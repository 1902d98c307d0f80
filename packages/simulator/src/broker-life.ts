/** A broker in one life of its simulated machine. */
import { BrokerCore } from '@odradek/broker/src/broker-core.ts'
import { groupPartition } from '@odradek/broker/src/groups/group-partition.ts'
import type { Host } from '@odradek/broker/src/host/host.ts'
import type { SimHost } from '@odradek/broker/src/host/sim/index.ts'
import { offsetsTopic } from '@odradek/broker/src/metadata/controller/internal-topic.ts'
import { parseBrokerConfig, resolveBrokerConfig } from '@odradek/config'
import { pino } from 'pino'

const ERROR_LEVEL = 50

/** The first has the metadata. */
export const DATA_DIRECTORIES = ['/data', '/data-2', '/data-3'] as const

/** Changes what a host does: a mutant of it. */
export type Mutation = (host: SimHost) => Host

export class BrokerLife {
  readonly host: SimHost
  /** Null while it starts, and where it died in that. */
  core: BrokerCore | null = null
  /** Set once it serves. */
  address: { host: string; port: number } | null = null
  /** What it logged as errors while it was alive. */
  readonly errors: string[] = []
  /** Why it could not start. */
  refusal: Error | null = null
  readonly #settings: Readonly<Record<string, string>>
  readonly #directories: number
  readonly #mutation: Mutation

  constructor(host: SimHost, settings: Readonly<Record<string, string>>, mutation: Mutation, directories = 1) {
    this.host = host
    this.#directories = directories
    this.#settings = settings
    this.#mutation = mutation
  }

  /** Starts until the logs are open. False when it died, or refused to start. */
  open(): Promise<boolean> {
    const parsed = parseBrokerConfig({ ...this.#settings, listeners: 'PLAINTEXT://10.0.0.1:0', 'admin.listener': '' })
    if (parsed.errors.length > 0) throw new Error(parsed.errors.map(({ text }) => text).join('\n'))
    const config = resolveBrokerConfig({ static: parsed.texts })
    const logger = pino({ level: 'warn' }, { write: (line) => this.#logged(line) })
    return this.#survives(async () => {
      this.core = await BrokerCore.open({
        host: this.#mutation(this.host),
        dataDirs: DATA_DIRECTORIES.slice(0, this.#directories),
        config,
        texts: parsed.texts,
        logger,
      })
    })
  }

  /** Begins to serve. */
  listen(): Promise<boolean> {
    return this.#survives(async () => {
      const [bound] = await this.core!.listen()
      this.address = { host: bound!.host, port: bound!.port }
    })
  }

  /** Stops in good order. */
  close(): Promise<boolean> {
    return this.#survives(() => this.core!.close())
  }

  /** What it holds for durable of a partition. */
  flushedOffset(topic: string, index: number): number {
    return this.core?.partitions.get(topic, index)?.log.flushedOffset ?? 0
  }

  /** What flushing has done in this life. */
  get tally(): { readonly syncs: number; readonly journalSyncs: number } {
    let syncs = 0
    let journalSyncs = 0
    for (const { tally } of this.core?.directories ?? []) {
      syncs += tally.syncs
      journalSyncs += tally.journalSyncs
    }
    return { syncs, journalSyncs }
  }

  /** The partition of the committed offsets of `group`, where there is one. */
  offsetsPartition(group: string): number | null {
    const topic = this.core?.metadata.image.topics.get(offsetsTopic)
    return topic === undefined ? null : groupPartition(group, topic.partitions.length)
  }

  async #survives(run: () => Promise<void>): Promise<boolean> {
    let isDone = false
    run().then(
      () => {
        isDone = true
      },
      (error: Error) => {
        isDone = true
        if (this.host.alive) this.refusal = error
      },
    )
    await this.host.world.runUntil(() => isDone || !this.host.alive)
    return this.host.alive && this.refusal === null
  }

  #logged(line: string): void {
    if (!this.host.alive) return
    const { level, msg, err } = JSON.parse(line) as { level: number; msg: string; err?: { stack: string } }
    this.host.world.note(null, `log ${level} ${msg}`)
    if (level >= ERROR_LEVEL) this.errors.push(err === undefined ? msg : `${msg} ${err.stack}`)
  }
}
