/** Running jobs, here or wherever they were left. */
import { hostname } from 'node:os'
import { chunks, pause } from '../../bounded.ts'
import type { Cluster } from '../../cluster.ts'
import { RefusedError } from '../../cluster-errors.ts'
import { isStop } from './jobs-ledger.ts'
import { jobsLogOf } from './jobs-log.ts'
import type { JobControl } from './jobs-record.ts'
import { SENT } from './ledger-job.ts'
import { writePlaces } from './place-list.ts'
import { ledgerJob, type ResendJob, viewJob, wantsRunner } from './resend-job.ts'
import { isAlive, LeaseLostError } from './resend-lease.ts'
import { ResendRun } from './resend-run.ts'

export interface RunResendOptions {
  /** Names this process to others [host and process id]. */
  readonly runner?: string
  /** Ends the run in good order: another can go on at once. */
  readonly signal?: AbortSignal
  /** How long a target may refuse for the same passing reason before the job stops [2 min]. */
  readonly patienceMs?: number
  /** How long it may be silent before others take it for dead and go on [10 s]. */
  readonly leaseMs?: number
  /** Told after each step; `waitingFor` says what keeps it. */
  readonly onProgress?: (job: ResendJob, waitingFor: string | null) => void
}

const PATIENCE_MS = 120_000
const LEASE_MS = 10_000
/** Whoever cancels waits for the answer. */
const CANCEL_PATIENCE_MS = 5000
const LOOK_MS = 1000
/** Marks that are kept of a deleted job: as many letters in a record. */
const PLACES_PER_RECORD = 20_000

/**
 * Runs a job until it has ended, is paused or stops, or `signal`. What a runner that died left is settled first. Throws a
 * RefusedError while another runs it, when another takes it over, and for one that is paused or has stopped.
 */
export async function runResendJob(cluster: Cluster, id: string, options: RunResendOptions = {}): Promise<ResendJob> {
  const tried = `run job ${id}`
  const job = await ledgerJob(cluster, id)
  if (job.endedMs !== null) return viewJob(job, Date.now())
  const isCancelled = job.control?.action === 'cancel'
  if (!isCancelled && (isStop(job.state?.state) || job.control?.action === 'pause')) {
    throw new RefusedError('It is paused or has stopped.', tried, 'Resume it first.')
  }
  const { onProgress } = options
  try {
    await ResendRun.run(cluster, jobsLogOf(cluster), id, {
      runner: options.runner ?? `${hostname()}/${process.pid}`,
      signal: options.signal ?? new AbortController().signal,
      patienceMs: options.patienceMs ?? PATIENCE_MS,
      leaseMs: options.leaseMs ?? LEASE_MS,
      onProgress: (seen, waitingFor) => onProgress?.(viewJob(seen, Date.now()), waitingFor),
    })
  } catch (error) {
    if (error instanceof LeaseLostError) throw new RefusedError(error.message, tried, 'Wait until it is done.')
    throw error
  }
  return viewJob(await ledgerJob(cluster, id), Date.now())
}

/**
 * Wants a job paused, resumed or cancelled; its runner hears of it within a second. One that is resumed needs somebody to
 * run it. One that is cancelled and run by nobody ends here: what was claimed is settled, the rest is skipped.
 */
export async function controlResendJob(
  cluster: Cluster,
  id: string,
  action: JobControl,
  by: string,
): Promise<ResendJob> {
  const job = await ledgerJob(cluster, id)
  if (job.endedMs !== null) {
    throw new RefusedError('It has ended.', `${action} job ${id}`, 'Make another job of what it did not send.')
  }
  await jobsLogOf(cluster).append([{ kind: 'control', job: id, action, by }])
  const now = await ledgerJob(cluster, id)
  if (action === 'cancel' && !isAlive(now, Date.now())) {
    try {
      return await runResendJob(cluster, id, { patienceMs: CANCEL_PATIENCE_MS })
    } catch (error) {
      // Somebody began just now; they hear of it.
      if (!(error instanceof RefusedError)) throw error
    }
  }
  return viewJob(await ledgerJob(cluster, id), Date.now())
}

/** Removes a job that has ended. That its letters were sent again stays known; when, by whom and to where does not. */
export async function deleteResendJob(cluster: Cluster, id: string): Promise<void> {
  const log = jobsLogOf(cluster)
  const job = await ledgerJob(cluster, id)
  if (job.endedMs === null) {
    throw new RefusedError('It has not ended.', `delete job ${id}`, 'Cancel it first.')
  }
  // What they may send is decided by what this job sent; that must stay in the log until they have ended.
  const { jobs } = await log.sync()
  const other = [...jobs.values()].find((each) => each.endedMs === null && each.record.topic === job.record.topic)
  if (other !== undefined) {
    const remedy = `Wait until job ${other.record.job} has ended.`
    throw new RefusedError('Another job of these letters has not ended.', `delete job ${id}`, remedy)
  }
  const { topic, topicId, by } = job.record
  const sent = job.places.filter((_, index) => job.outcomes[index] === SENT)
  for (const places of chunks(sent, PLACES_PER_RECORD)) {
    await log.append([
      { kind: 'mark', topic, topicId, action: 'resent', places: writePlaces(places), by, note: `job ${id}` },
    ])
  }
  await log.appendEntries([...job.keys].map((key) => ({ key, record: null })))
  await log.sync()
}

/**
 * Runs every job that wants to be run and is not, now and from now on, until `signal`: new ones, resumed ones, and those
 * whose runner died. For a process that lives long, such as the console; several may do it at once.
 */
export async function keepResendJobs(
  cluster: Cluster,
  options: Omit<RunResendOptions, 'signal' | 'onProgress'> & {
    readonly signal: AbortSignal
    readonly onChange?: (job: ResendJob, waitingFor: string | null) => void
    /** Told what went wrong with a job or the cluster; it is tried again. */
    readonly onError?: (error: unknown) => void
  },
): Promise<void> {
  const { signal, onChange, onError, ...rest } = options
  const running = new Map<string, Promise<void>>()
  while (!signal.aborted) {
    try {
      const { jobs } = await jobsLogOf(cluster).sync()
      for (const [id, job] of jobs) {
        if (running.has(id) || !wantsRunner(job, Date.now())) continue
        const run = runResendJob(cluster, id, { ...rest, signal, ...(onChange && { onProgress: onChange }) })
          .then((ended) => onChange?.(ended, null))
          .catch((error) => {
            if (!(error instanceof RefusedError)) onError?.(error)
          })
          .finally(() => running.delete(id))
        running.set(id, run)
      }
    } catch (error) {
      onError?.(error)
    }
    await pause(LOOK_MS, signal)
  }
  await Promise.all(running.values())
}
