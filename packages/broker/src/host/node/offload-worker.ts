/** The worker thread's side of `offload.ts`: loads a job's module, runs it, answers. */
import { getPriority, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import type { Job, Pace } from '../offload.ts'
import { createNodeDisk } from './disk.ts'

export interface OffloadWorkerData {
  /** What is added to the thread's `nice` value. */
  readonly niceness: number
}

export interface OffloadRequest {
  readonly id: number
  readonly module: string
  readonly args: unknown
}

export interface OffloadAnswer {
  readonly id: number
  readonly result: unknown
  readonly error: OffloadError | null
}

/** An error's fields; a clone of the error itself would lose its code. */
export interface OffloadError {
  readonly name: string
  readonly message: string
  readonly stack: string
  readonly code?: string
}

const NICENESS_MAX = 19

// On Linux this is of the thread that calls; elsewhere it would be of all of them.
if (process.platform === 'linux') {
  try {
    setPriority(Math.min(getPriority() + (workerData as OffloadWorkerData).niceness, NICENESS_MAX))
  } catch {
    // A sandbox may forbid it: then they stand beside each other.
  }
}

const disk = createNodeDisk()
const port = parentPort!
const never = new Int32Array(new SharedArrayBuffer(4))
const pace: Pace = {
  monotonic: () => performance.now(),
  // Nobody wakes it; ending the thread ends it too.
  pause: (ms) => void Atomics.wait(never, 0, 0, ms),
}

// Jobs run in the order they came: loading a module is asynchronous, so each waits for the one before.
let previous: Promise<void> = Promise.resolve()
port.on('message', (request: OffloadRequest) => {
  previous = previous.then(() => answer(request))
})

async function answer({ id, module, args }: OffloadRequest): Promise<void> {
  try {
    const { job } = (await import(module)) as { job: Job<unknown, unknown> }
    const result = job.run(disk, args, pace)
    port.postMessage({ id, result, error: null } satisfies OffloadAnswer)
  } catch (error) {
    port.postMessage({ id, result: null, error: fieldsOf(error) } satisfies OffloadAnswer)
  }
}

function fieldsOf(thrown: unknown): OffloadError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const { code } = error as NodeJS.ErrnoException
  const fields = { name: error.name, message: error.message, stack: error.stack ?? error.message }
  return code === undefined ? fields : { ...fields, code }
}
