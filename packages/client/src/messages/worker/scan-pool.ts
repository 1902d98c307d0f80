import { availableParallelism } from 'node:os'
import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { RefusedError } from '../../cluster-errors.ts'
import type { SampledField } from '../filter/sample-fields.ts'
import type { FoundMessage } from '../get-message.ts'
import type { MessageSourceOptions } from '../scan/message-source.ts'
import { type FromWorker, isReport, type Job, type JobEvent, type ToWorker } from './job.ts'
import { fromJobError } from './job-error.ts'

export interface ScanPoolOptions {
  /** Threads [one less than the machine has processors, 1 to 4]. They start when they are needed. */
  readonly workersMax?: number
  /** Jobs at once, over all threads [32]. */
  readonly jobsMax?: number
  /** A thread that says nothing for this long hangs in one message and is ended [20 s]. */
  readonly silenceMsMax?: number
}

/** Coming up takes a third of a second, which whoever looks at messages now and then should not wait for. */
const IDLE_MS = 600_000
const HEAP_MEGABYTES_MAX = 512
/** The worker's file beside this one: .ts in the repository, .js when packaged. */
const WORKER_FILE = join(import.meta.dirname, `scan-worker${extname(import.meta.filename)}`)

/** Runs scans, tails and exports in worker threads, the jobs spread over them. */
export class ScanPool implements AsyncDisposable {
  readonly #workersMax: number
  readonly #jobsMax: number
  readonly #silenceMsMax: number
  readonly #workers = new Set<ScanThread>()
  #jobs = 0
  #closed = false

  constructor(options: ScanPoolOptions = {}) {
    this.#workersMax = options.workersMax ?? Math.min(4, Math.max(1, availableParallelism() - 1))
    this.#jobsMax = options.jobsMax ?? 32
    this.#silenceMsMax = options.silenceMsMax ?? 20_000
  }

  /**
   * Does a job and gives its events as they come; ends when it is done. Whoever stops iterating, or aborts `signal`, stops it:
   * after an abort its last events still come. Throws what the job threw: FilterError, KafkaError, UnreachableError …
   */
  async *run(source: MessageSourceOptions, job: Job, signal?: AbortSignal): AsyncGenerator<JobEvent, void> {
    if (this.#closed) throw new Error('The pool is closed')
    if (this.#jobs >= this.#jobsMax) {
      throw new RefusedError(
        `${this.#jobs} searches are running, as many as the console does at once.`,
        'search messages',
        'Stop one of them, or wait until one is done.',
      )
    }
    this.#jobs++
    const running = this.#thread().start(source, job)
    const stop = () => running.stop()
    if (signal?.aborted) stop()
    signal?.addEventListener('abort', stop)
    try {
      for (;;) {
        const event = await running.next()
        if (event === null) return
        yield event
        running.taken(event)
      }
    } finally {
      signal?.removeEventListener('abort', stop)
      running.stop()
      this.#jobs--
    }
  }

  /** Somebody is about to ask: has a thread come up. */
  warm(): void {
    if (!this.#closed && this.#workers.size === 0) this.#thread()
  }

  /** One message, or what is at its place instead. */
  async get(source: MessageSourceOptions, job: Omit<Extract<Job, { kind: 'get' }>, 'kind'>): Promise<FoundMessage> {
    for await (const event of this.run(source, { kind: 'get', ...job })) if (event.kind === 'found') return event.found
    throw new Error('The search ended without an answer')
  }

  /** The fields of the newest messages of a topic. */
  async fields(
    source: MessageSourceOptions,
    job: Omit<Extract<Job, { kind: 'fields' }>, 'kind'>,
  ): Promise<{ readonly fields: readonly SampledField[]; readonly messages: number }> {
    for await (const event of this.run(source, { kind: 'fields', ...job })) if (event.kind === 'fields') return event
    throw new Error('The search ended without an answer')
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#workers].map((thread) => thread.terminate('The console is closing.')))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** The thread with the fewest jobs; a new one while there may be more. */
  #thread(): ScanThread {
    let best: ScanThread | undefined
    for (const thread of this.#workers) if (best === undefined || thread.jobCount < best.jobCount) best = thread
    if (best !== undefined && (best.jobCount === 0 || this.#workers.size >= this.#workersMax)) return best
    const thread = new ScanThread(this.#silenceMsMax, () => this.#workers.delete(thread))
    this.#workers.add(thread)
    return thread
  }
}

/** One job as its caller has it. */
class RunningJob {
  readonly #queue: JobEvent[] = []
  readonly #send: (message: 'stop' | 'taken') => void
  #ended = false
  #error: Error | null = null
  #wake: (() => void) | null = null

  constructor(send: (message: 'stop' | 'taken') => void) {
    this.#send = send
  }

  push(event: JobEvent): void {
    // Of reports that nobody has read yet only the newest counts.
    const last = this.#queue.at(-1)
    if (isReport(event) && last?.kind === event.kind && isReport(last)) this.#queue.pop()
    this.#queue.push(event)
    this.#wake?.()
  }

  end(error: Error | null): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.#wake?.()
  }

  async next(): Promise<JobEvent | null> {
    for (;;) {
      const event = this.#queue.shift()
      if (event !== undefined) return event
      if (this.#error !== null) throw this.#error
      if (this.#ended) return null
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = null
    }
  }

  taken(event: JobEvent): void {
    if (!isReport(event) && !this.#ended) this.#send('taken')
  }

  stop(): void {
    if (!this.#ended) this.#send('stop')
  }
}

class ScanThread {
  readonly #worker: Worker
  readonly #jobs = new Map<number, RunningJob>()
  readonly #onGone: () => void
  readonly #watch: NodeJS.Timeout
  #nextId = 1
  /** null until the thread has come up: that takes as long as the machine lets it. */
  #heardAt: number | null = null
  #idleSince = performance.now()

  constructor(silenceMsMax: number, onGone: () => void) {
    this.#onGone = onGone
    // Not what this process was started with: under a test runner that would make the thread a test run.
    this.#worker = new Worker(WORKER_FILE, {
      execArgv: [],
      name: 'odradek-scan',
      // What a hostile payload may make a decoder take; past it the thread ends, not the console.
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES_MAX },
    })
    this.#worker.on('message', (message: FromWorker) => this.#hear(message))
    this.#worker.on('error', (error) => this.#gone(error instanceof Error ? error : new Error(String(error))))
    this.#worker.on('exit', () => this.#gone(new Error('The thread that searches messages ended.')))
    this.#worker.unref()
    this.#watch = setInterval(() => {
      const now = performance.now()
      if (this.#jobs.size === 0) {
        if (now - this.#idleSince > IDLE_MS) void this.terminate('Nothing to do.')
      } else if (this.#heardAt !== null && now - this.#heardAt > silenceMsMax) {
        void this.terminate('The filter takes too long on a single message and was ended. Make it simpler.')
      }
    }, 1_000).unref()
  }

  get jobCount(): number {
    return this.#jobs.size
  }

  start(source: MessageSourceOptions, job: Job): RunningJob {
    const id = this.#nextId++
    const running = new RunningJob((kind) => this.#send({ kind, id }))
    if (this.#jobs.size === 0) {
      if (this.#heardAt !== null) this.#heardAt = performance.now()
      this.#worker.ref()
    }
    this.#jobs.set(id, running)
    this.#send({ kind: 'start', id, job, source: plainSource(source) })
    return running
  }

  async terminate(reason: string): Promise<void> {
    this.#gone(new RefusedError(reason, 'search messages', 'Try again with a simpler filter.'))
    await this.#worker.terminate()
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  #hear(message: FromWorker): void {
    this.#heardAt = performance.now()
    if (message.kind === 'alive') return
    const running = this.#jobs.get(message.id)
    if (message.kind === 'event') {
      running?.push(message.event)
      return
    }
    running?.end(message.error === null ? null : fromJobError(message.error))
    this.#jobs.delete(message.id)
    this.#rest()
  }

  #rest(): void {
    if (this.#jobs.size > 0) return
    this.#idleSince = performance.now()
    this.#worker.unref()
  }

  #gone(error: Error): void {
    clearInterval(this.#watch)
    this.#onGone()
    for (const running of this.#jobs.values()) running.end(error)
    this.#jobs.clear()
  }
}

/** Only what the worker needs, and what can be handed to a thread. */
function plainSource(source: MessageSourceOptions): MessageSourceOptions {
  const { bootstrap, clientId, tls, sasl, requestTimeoutMs, connectTimeoutMs, schemaRegistryUrl } = source
  return {
    bootstrap,
    ...(clientId !== undefined && { clientId }),
    ...(tls && { tls }),
    ...(sasl && { sasl }),
    ...(requestTimeoutMs !== undefined && { requestTimeoutMs }),
    ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
    ...(schemaRegistryUrl !== undefined && { schemaRegistryUrl }),
  }
}
