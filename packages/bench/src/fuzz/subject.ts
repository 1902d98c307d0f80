/** The broker under fuzz, a process of its own, and somebody honest who uses it at the same time. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  ApiVersions,
  BatchCursor,
  CreateTopics,
  DeleteGroups,
  DeleteTopics,
  encodeBatch,
  Fetch,
  ListGroups,
  Metadata,
  RecordCursor,
  sliceOf,
} from '@odradek/protocol'
import { ControlClient, FETCH_VERSION } from '../load/control-client.ts'
import { memoryMegabytesOf } from '../process-usage.ts'
import { ServerProcess } from '../server-process.ts'

const COMMAND = fileURLToPath(import.meta.resolve('@odradek/cli/bin/odradek.js'))
const HONEST = 'honest'
const MIB = 1024 * 1024
/** Everything that comes seldom comes often: small segments, eager cleaning, short sessions. */
const CONFIG = {
  'offsets.topic.num.partitions': 4,
  'offsets.topic.segment.bytes': MIB,
  'offsets.retention.minutes': 1,
  'offsets.retention.check.interval.ms': 5000,
  'memory.request.bytes.max': 64 * MIB,
  'socket.request.max.bytes': 8 * MIB,
  'group.min.session.timeout.ms': 1000,
  'group.max.session.timeout.ms': 10_000,
  'group.initial.rebalance.delay.ms': 0,
  'log.level': 'debug',
  'log.segment.bytes': 256 * 1024,
  'log.retention.bytes': 4 * MIB,
  'log.retention.check.interval.ms': 2000,
  'log.segment.delete.delay.ms': 1000,
  'log.cleaner.backoff.ms': 1000,
  'log.cleaner.min.cleanable.ratio': 0.01,
}
/** The topics that requests name, and what they ask of records. */
export const FUZZ_TOPICS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'fuzz-plain': {},
  'fuzz-compact': { 'cleanup.policy': 'compact', 'segment.ms': '1000' },
  'fuzz-deep': { 'record.validation': 'deep' },
  'fuzz-zstd': { 'compression.type': 'zstd' },
  'fuzz-time': { 'message.timestamp.type': 'LogAppendTime' },
  'fuzz-sync': { 'flush.mode': 'sync' },
  'fuzz-delay': { 'message.type': 'DELAY' },
}

/** So many lines of the log are kept, for the report of a failure. */
const RECENT_LINES = 400

/** Something that the broker did and must not do; the message says what. */
export class Misbehaviour extends Error {}

export class Subject implements AsyncDisposable {
  readonly #server: ServerProcess
  readonly #problems: string[]
  readonly #recent: string[]
  #client: ControlClient
  /** What the honest client wrote: record n says `honest n`. */
  #written = 0
  #honestId = ''

  private constructor(server: ServerProcess, client: ControlClient, problems: string[], recent: string[]) {
    this.#server = server
    this.#client = client
    this.#problems = problems
    this.#recent = recent
  }

  static async start(): Promise<Subject> {
    const problems: string[] = []
    const recent: string[] = []
    const logLine = (line: string) => {
      noteProblem(line, problems)
      recent.push(line)
      if (recent.length > 2 * RECENT_LINES) recent.splice(0, RECENT_LINES)
    }
    const server = await ServerProcess.broker({ config: CONFIG, logLine })
    const client = await ControlClient.connect(server.host, server.port)
    const subject = new Subject(server, client, problems, recent)
    await subject.#client.createTopic(HONEST, 1, {
      'retention.bytes': '-1',
      'retention.ms': '-1',
      'cleanup.policy': 'delete',
    })
    await subject.prepare()
    for (const { name, topicId } of await subject.#topics()) if (name === HONEST) subject.#honestId = topicId
    return subject
  }

  get host(): string {
    return this.#server.host
  }

  get port(): number {
    return this.#server.port
  }

  /** The id of the honest client's topic, which no request may name. */
  get honestId(): string {
    return this.#honestId
  }

  get residentMegabytes(): number {
    return memoryMegabytesOf(this.#server.pid, 'VmRSS')
  }

  /** The newest lines of its log, oldest first. */
  get log(): readonly string[] {
    return this.#recent
  }

  /** The honest client comes anew: a connection that rested for long may have been given up. */
  async reconnect(): Promise<void> {
    this.#client.close()
    this.#client = await ControlClient.connect(this.host, this.port)
  }

  /** Keys of the APIs that it serves. */
  async served(): Promise<Set<number>> {
    const { apiKeys } = await this.#client.send(ApiVersions, 0, {})
    return new Set(apiKeys.map(({ apiKey }) => apiKey))
  }

  /** Removes what requests have made, and makes the topics anew that they name. Returns their ids. */
  async prepare(): Promise<Map<string, string>> {
    const { groups } = await this.#client.send(ListGroups, 0, {})
    // Those with members stay.
    await this.#client.send(DeleteGroups, 0, { groupsNames: groups.map(({ groupId }) => groupId) })
    const topics = await this.#topics()
    const others = topics.flatMap(({ name, isInternal }) =>
      name === HONEST || isInternal || name === null ? [] : [name],
    )
    if (others.length > 0) await this.#client.send(DeleteTopics, 3, { topicNames: others, timeoutMs: 30_000 })
    await this.#client.send(CreateTopics, 4, {
      topics: Object.entries(FUZZ_TOPICS).map(([name, configs]) => ({
        name,
        numPartitions: 2,
        replicationFactor: 1,
        assignments: [],
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      })),
      timeoutMs: 30_000,
    })
    return new Map((await this.#topics()).map(({ name, topicId }) => [name ?? '', topicId]))
  }

  /**
   * Produces a record and fetches it.
   * @throws Misbehaviour where that fails, the process has ended, or its log tells of an error
   */
  async check(): Promise<void> {
    this.#checkProcess()
    try {
      const value = `honest ${this.#written}`
      await this.#client.produce(HONEST, 0, sliceOf(encodeBatch({ records: [{ value, timestamp: Date.now() }] })))
      this.#written += 1
      const read = await this.#read(this.#written - 1)
      if (read[0] !== value) throw new Misbehaviour(`the honest client wrote "${value}" and read "${read[0]}"`)
    } catch (error) {
      this.#checkProcess()
      throw error instanceof Misbehaviour ? error : new Misbehaviour(`the honest client: ${(error as Error).message}`)
    }
    this.#checkProcess()
  }

  /** Stops and starts it, kindly or not; all that was written honestly must be there. */
  async restart(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    await this.#stop(signal)
    if (signal === 'SIGTERM') await this.verify()
    await this.#server.start()
    this.#client = await ControlClient.connect(this.host, this.port)
    for (let offset = 0; offset < this.#written; ) {
      const values = await this.#read(offset)
      for (const value of values) {
        if (value !== `honest ${offset}`) throw new Misbehaviour(`after a restart offset ${offset} is "${value}"`)
        offset += 1
      }
    }
  }

  /** Stops it and checks its files. */
  async finish(): Promise<void> {
    await this.#stop('SIGTERM')
    await this.verify()
    this.#checkLog()
  }

  /** `odradek log verify` over all; what was written by the broker or the honest client also record by record. */
  async verify(): Promise<void> {
    const data = join(this.#server.directory, 'data')
    await runVerify([data])
    await runVerify([join(data, `${HONEST}-0`), '--deep'])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close()
    await this.#server[Symbol.asyncDispose]()
  }

  async #stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#client.close()
    await this.#server.stop(signal)
    const { ending } = this.#server
    if (signal === 'SIGTERM' && ending !== 0)
      throw new Misbehaviour(`the broker ended with ${ending} when asked to stop`)
  }

  async #topics() {
    const { topics } = await this.#client.send(Metadata, 10, { topics: null, allowAutoTopicCreation: false })
    return topics
  }

  /** Values of honest records from an offset on. */
  async #read(offset: number): Promise<string[]> {
    const answer = await this.#client.send(Fetch, FETCH_VERSION, {
      maxWaitMs: 1000,
      minBytes: 1,
      maxBytes: MIB,
      topics: [{ topic: HONEST, partitions: [{ partition: 0, fetchOffset: offset, partitionMaxBytes: MIB }] }],
    })
    const found = answer.responses[0]?.partitions[0]
    if (!found?.records || found.errorCode !== 0)
      throw new Misbehaviour(`a fetch from ${offset} failed (${found?.errorCode})`)
    const values: string[] = []
    const batches = new BatchCursor(found.records)
    const records = new RecordCursor()
    while (batches.next()) {
      records.open(batches.slice())
      while (records.next()) values.push(String(records.value()))
    }
    return values
  }

  #checkProcess(): void {
    if (!this.#server.isRunning) {
      const said = this.#problems.length === 0 ? '' : `: ${this.#problems.slice(-20).join(' ')}`
      throw new Misbehaviour(`the broker ended with ${this.#server.ending}${said}`)
    }
    this.#checkLog()
  }

  #checkLog(): void {
    if (this.#problems.length > 0) throw new Misbehaviour(`the broker's log: ${this.#problems.slice(0, 5).join(' ')}`)
  }
}

/** A line that only a bug or a disk can cause: an error, or what is no line of the log at all. */
function noteProblem(line: string, problems: string[]): void {
  let level = 100
  try {
    ;({ level } = JSON.parse(line) as { level: number })
  } catch {
    // A stack, a warning of the runtime, a last word.
  }
  if (level >= 50) problems.push(line)
}

async function runVerify(words: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [COMMAND, 'log', 'verify', ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
    })
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (code === 0) return
  const errors = text.split('\n').filter((line) => /error|Error/.test(line))
  throw new Misbehaviour(`log verify ended with ${code}: ${errors.slice(0, 5).join('; ')}`)
}
