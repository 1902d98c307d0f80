/**
 * The thread that reads and filters messages, so that the console's own event loop never waits for a user's filter. It does
 * several jobs at once; each waits for its last event to be taken before it gives another.
 */
import { parentPort } from 'node:worker_threads'
import { MessageSource, type MessageSourceOptions } from '../scan/message-source.ts'
import { type FromWorker, isReport, type JobEvent, type ToWorker } from './job.ts'
import { toJobError } from './job-error.ts'
import { runJob } from './run-job.ts'

const ALIVE_MS = 1_000
const SOURCE_IDLE_MS = 60_000

interface Running {
  readonly stop: AbortController
  taken: (() => void) | null
}

interface SharedSource {
  readonly source: MessageSource
  users: number
  idle: NodeJS.Timeout | null
}

const port = parentPort!
const running = new Map<number, Running>()
const sources = new Map<string, SharedSource>()

port.on('message', (message: ToWorker) => {
  const job = running.get(message.id)
  switch (message.kind) {
    case 'start':
      void run(message)
      return
    case 'stop':
      job?.stop.abort()
      job?.taken?.()
      return
    case 'taken':
      job?.taken?.()
      return
    default:
      message satisfies never
  }
})
send({ kind: 'alive' })
setInterval(() => send({ kind: 'alive' }), ALIVE_MS)

async function run({ id, job, source: options }: Extract<ToWorker, { kind: 'start' }>): Promise<void> {
  const entry: Running = { stop: new AbortController(), taken: null }
  running.set(id, entry)
  const shared = take(options)
  const give = async (event: JobEvent): Promise<void> => {
    send({ kind: 'event', id, event })
    if (isReport(event) || entry.stop.signal.aborted) return
    await new Promise<void>((resolve) => {
      entry.taken = resolve
    })
    entry.taken = null
  }
  try {
    await runJob(shared.source, job, give, entry.stop.signal)
    send({ kind: 'closed', id, error: null })
  } catch (error) {
    send({ kind: 'closed', id, error: toJobError(error) })
  } finally {
    running.delete(id)
    leave(shared, options)
  }
}

/** The connections to a cluster, shared by all jobs on it. */
function take(options: MessageSourceOptions): SharedSource {
  const key = JSON.stringify(options)
  let shared = sources.get(key)
  if (shared === undefined) {
    shared = { source: new MessageSource(options), users: 0, idle: null }
    sources.set(key, shared)
  }
  if (shared.idle !== null) clearTimeout(shared.idle)
  shared.idle = null
  shared.users++
  return shared
}

function leave(shared: SharedSource, options: MessageSourceOptions): void {
  shared.users--
  if (shared.users > 0) return
  shared.idle = setTimeout(() => {
    sources.delete(JSON.stringify(options))
    shared.source.close().catch(() => {})
  }, SOURCE_IDLE_MS)
}

function send(message: FromWorker): void {
  port.postMessage(message)
}
