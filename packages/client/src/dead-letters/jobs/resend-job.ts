/** Jobs as people see them. */
import type { Cluster } from '../../cluster.ts'
import { RefusedError } from '../../cluster-errors.ts'
import type { LetterPlace } from '../dead-letter.ts'
import { isStop } from './jobs-ledger.ts'
import { jobsLogOf } from './jobs-log.ts'
import { CLAIMED, FAILED, type LedgerJob, SENT, SKIPPED, WAITING } from './ledger-job.ts'
import { type LetterReason, readLetterReason } from './letter-reasons.ts'
import { isAlive, runnerName } from './resend-lease.ts'
import type { ResendCanary, ResendStop, ResendTarget } from './resend-request.ts'

/**
 * `ready`: made, and nobody has begun. `canary`: waits whether the first come back. `stopped`: by a rule, or a target that
 * takes nothing; goes on when it is resumed. `done` and `cancelled` are for ever.
 */
export type ResendJobState =
  | 'ready'
  | 'running'
  | 'canary'
  | 'pausing'
  | 'paused'
  | 'stopped'
  | 'cancelling'
  | 'cancelled'
  | 'done'

/** matched = sent + failed + skipped + waiting; nothing waits when it has ended. */
export interface ResendJob {
  readonly id: string
  readonly topic: string
  readonly group: string | null
  readonly target: ResendTarget
  readonly by: string
  readonly createdMs: number
  readonly state: ResendJobState
  /** Why it stopped. */
  readonly reason: string | null
  /** The reason by its code. */
  readonly why: LetterReason | null
  /** Who runs it, or did last; null before. */
  readonly runner: { readonly name: string; readonly isAlive: boolean } | null
  readonly matched: number
  readonly sent: number
  readonly failed: number
  readonly skipped: number
  readonly waiting: number
  /** Of those sent, how many came back, where a canary or a stop rule watches. */
  readonly cameBack: number
  readonly canary: (ResendCanary & { readonly passed: boolean | null; readonly untilMs: number | null }) | null
  readonly stop: ResendStop | null
  readonly recordsPerSecond: number | null
  readonly again: boolean
  readonly isEdit: boolean
  readonly retryOf: string | null
  readonly endedMs: number | null
}

export type ResendOutcome = 'sent' | 'failed' | 'skipped' | 'waiting'

/** What became of one letter of a job. */
export interface ResendResult extends LetterPlace {
  /** Its number in the job. */
  readonly index: number
  readonly outcome: ResendOutcome
  readonly reason: string | null
  /** The reason by its code. */
  readonly why: LetterReason | null
  /** Offsets in topics of retries are those of the acceptance; -1: not known. */
  readonly target: { readonly topic: string; readonly partition: number; readonly offset: number } | null
}

const RESULTS_MAX = 10_000
const outcomeNames: readonly ResendOutcome[] = ['waiting', 'waiting', 'sent', 'failed', 'skipped']

/** All jobs that are kept, the newest first. */
export async function resendJobs(cluster: Cluster): Promise<ResendJob[]> {
  const { jobs } = await jobsLogOf(cluster).sync()
  const now = Date.now()
  return [...jobs.values()].map((job) => viewJob(job, now)).sort((a, b) => b.createdMs - a.createdMs)
}

/** Throws a RefusedError where there is no such job. */
export async function resendJob(cluster: Cluster, id: string): Promise<ResendJob> {
  return viewJob(await ledgerJob(cluster, id), Date.now())
}

/** What became of its letters, in their order. `next`: ask with this for those that follow. */
export async function resendResults(
  cluster: Cluster,
  id: string,
  options: { outcomes?: readonly ResendOutcome[]; from?: number; limit?: number } = {},
): Promise<{ readonly results: readonly ResendResult[]; readonly next: number | null }> {
  const job = await ledgerJob(cluster, id)
  const limit = Math.min(RESULTS_MAX, options.limit ?? 1000)
  const results: ResendResult[] = []
  for (let index = options.from ?? 0; index < job.places.length; index++) {
    const outcome = outcomeNames[job.outcomes[index]!]!
    if (options.outcomes !== undefined && !options.outcomes.includes(outcome)) continue
    if (results.length === limit) return { results, next: index }
    results.push(resultOf(job, index, outcome))
  }
  return { results, next: null }
}

/** The job in the ledger as it is now. */
export async function ledgerJob(cluster: Cluster, id: string): Promise<LedgerJob> {
  const job = (await jobsLogOf(cluster).sync()).jobs.get(id)
  if (job === undefined) throw new RefusedError('There is no such job.', `find job ${id}`, 'See the list of jobs.')
  return job
}

export function viewJob(job: LedgerJob, nowMs: number): ResendJob {
  const { record, counts, lease, canaryPassed } = job
  const { topic, group, target, by, canary, stop, recordsPerSecond, again } = record
  const isWatching = job.state?.state === 'canary' && job.endedMs === null
  return {
    id: record.job,
    topic,
    group,
    target,
    by,
    createdMs: record.atMs,
    state: stateOf(job, nowMs),
    reason: job.state?.reason ?? null,
    why: readLetterReason(job.state?.reason ?? null),
    runner: lease === null ? null : { name: runnerName(lease.record.runner), isAlive: isAlive(job, nowMs) },
    matched: record.matched,
    sent: counts[SENT]!,
    failed: counts[FAILED]!,
    skipped: counts[SKIPPED]!,
    waiting: counts[WAITING]! + counts[CLAIMED]!,
    cameBack: job.cameBack,
    canary:
      canary === null ? null : { ...canary, passed: canaryPassed, untilMs: isWatching ? job.state!.untilMs : null },
    stop,
    recordsPerSecond,
    again,
    isEdit: record.edit !== null,
    retryOf: record.retryOf,
    endedMs: job.endedMs,
  }
}

function stateOf(job: LedgerJob, nowMs: number): ResendJobState {
  if (job.endedMs !== null) return job.state?.state === 'cancelled' ? 'cancelled' : 'done'
  if (job.control?.action === 'cancel') return 'cancelling'
  if (isStop(job.state?.state)) return 'stopped'
  if (job.control?.action === 'pause') return isAlive(job, nowMs) ? 'pausing' : 'paused'
  if (job.lease === null) return 'ready'
  return job.state?.state === 'canary' ? 'canary' : 'running'
}

/** Whether somebody should run it: it is not ended, not paused and not stopped, and nobody does. */
export function wantsRunner(job: LedgerJob, nowMs: number): boolean {
  if (isAlive(job, nowMs)) return false
  return ['ready', 'running', 'canary', 'cancelling'].includes(stateOf(job, nowMs))
}

function resultOf(job: LedgerJob, index: number, outcome: ResendOutcome): ResendResult {
  const { partition, offset } = job.places[index]!
  const topic = job.targetTopics[job.sentTopic[index]!]
  const target =
    outcome === 'sent' && topic !== undefined
      ? { topic, partition: job.sentPartition[index]!, offset: job.sentOffset[index]! }
      : null
  const reason = job.reasons.get(index) ?? null
  return { index, partition, offset, outcome, reason, why: readLetterReason(reason), target }
}
