import { Worker } from 'node:worker_threads'
import type { Job, Offload } from '../offload.ts'
import type { OffloadAnswer, OffloadRequest, OffloadWorkerData } from './offload-worker.ts'

/** The worker's file lies beside this one, with the same extension. */
const WORKER_URL = new URL(
  `./offload-worker${import.meta.url.slice(import.meta.url.lastIndexOf('.'))}`,
  import.meta.url,
)

/** A thread that had nothing to do for so long is ended: what its heap kept of large jobs goes with it. */
const IDLE_MS = 30_000

/** How much these threads stand behind the event loop where there are not processors for all (in steps of `nice`). */
const URGENT_NICENESS = 5
const OTHER_NICENESS = 10

interface Waiting {
  resolve(result: unknown): void
  reject(error: Error): void
}

/** Runs jobs one after the other in a worker thread, urgent ones in another; each is started for its first job, and ended when idle. */
export function createNodeOffload(): Offload {
  const [urgent, other] = [new JobThread('urgent jobs', URGENT_NICENESS), new JobThread('offload', OTHER_NICENESS)]
  return {
    run: (job, args) => (job.isUrgent === true ? urgent : other).run(job, args),
    async close() {
      await Promise.all([urgent.close(), other.close()])
    },
  }
}

class JobThread implements Offload {
  readonly #name: string
  readonly #niceness: number
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | null = null
  #nextId = 0
  #idle: NodeJS.Timeout | undefined
  #closed = false

  constructor(name: string, niceness: number) {
    this.#name = name
    this.#niceness = niceness
  }

  run<Args, Result>(job: Job<Args, Result>, args: Args): Promise<Result> {
    if (this.#closed) return Promise.reject(closedError())
    clearTimeout(this.#idle)
    const worker = this.#worker ?? this.#start()
    const id = this.#nextId++
    const request: OffloadRequest = { id, module: job.module, args }
    return new Promise<Result>((resolve, reject) => {
      worker.postMessage(request)
      this.#waiting.set(id, { resolve: resolve as (result: unknown) => void, reject })
      worker.ref()
    })
  }

  /** Ends the worker thread with whatever it does: a job's files are nobody's until it has answered. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#end()
    this.#rejectAll(closedError())
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle)
    const worker = this.#worker
    this.#worker = null
    await worker?.terminate()
  }

  #start(): Worker {
    const workerData: OffloadWorkerData = { niceness: this.#niceness }
    const worker = new Worker(WORKER_URL, { execArgv: [], name: this.#name, workerData })
    worker.unref()
    worker.on('message', (answer: OffloadAnswer) => this.#answer(worker, answer))
    worker.on('error', (error) => this.#lost(worker, error instanceof Error ? error : new Error(String(error))))
    worker.on('exit', (code) => this.#lost(worker, new Error(`the offload thread ended with code ${code}`)))
    this.#worker = worker
    return worker
  }

  #answer(worker: Worker, answer: OffloadAnswer): void {
    const waiting = this.#waiting.get(answer.id)
    if (waiting === undefined) return
    this.#waiting.delete(answer.id)
    // Only a job keeps the process alive, not the idle thread.
    if (this.#waiting.size === 0) {
      worker.unref()
      this.#idle = setTimeout(() => void this.#end(), IDLE_MS).unref()
    }
    if (answer.error === null) waiting.resolve(answer.result)
    else waiting.reject(Object.assign(new Error(answer.error.message), answer.error))
  }

  /** The thread is gone: what it had is lost, the next job starts another. */
  #lost(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return
    this.#worker = null
    this.#rejectAll(error)
  }

  #rejectAll(error: Error): void {
    const lost = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const waiting of lost) waiting.reject(error)
  }
}

function closedError(): Error {
  return new Error('offload is closed')
}
