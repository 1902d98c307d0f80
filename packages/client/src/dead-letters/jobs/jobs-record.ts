/**
 * What is written into the topic of jobs: JSON, one thing that happened to a record. The log's order decides between
 * writers; nobody's record overwrites another's, each has its own key, so that compaction takes only what was deleted.
 *
 *   job/<id>/<creation>/plan/<n>              which letters, before the job itself
 *   job/<id>/<creation>                       the job: of several with one id the first counts
 *   job/<id>/lease/<epoch>/<runner>           a runner takes the job over: the first with the next epoch has it
 *   job/<id>/lease/<epoch>/<runner>/alive     and is alive (the newest alone is kept)
 *   job/<id>/claim/<epoch>/<runner>/<nonce>   it is about to send these, under this producer id and these sequences
 *   job/<id>/result/<epoch>/<runner>/<nonce>  what became of a claim
 *   job/<id>/state/<epoch>/<runner>/<nonce>   it waits for the canary, stopped, ended
 *   job/<id>/control/<nonce>                  somebody wants it paused, resumed, cancelled
 *   mark/<nonce>                              letters were marked
 */

import type { PlaceList } from './place-list.ts'
import type { LetterEdit, ResendCanary, ResendStop, ResendTarget } from './resend-request.ts'

/** The letters of a job from `first` on, by their numbers in the job. */
export interface PlanRecord {
  readonly kind: 'plan'
  readonly job: string
  readonly creation: string
  readonly first: number
  readonly places: PlaceList
}

export interface JobRecord {
  readonly kind: 'job'
  readonly job: string
  readonly creation: string
  readonly topic: string
  readonly topicId: string
  readonly group: string | null
  readonly retryTopic: string | null
  readonly target: ResendTarget
  readonly matched: number
  readonly again: boolean
  readonly recordsPerSecond: number | null
  readonly canary: ResendCanary | null
  readonly stop: ResendStop | null
  readonly edit: LetterEdit | null
  /** Whether records are copied that letters only name; absent: as in `true`. */
  readonly mayCopy?: boolean
  readonly by: string
  readonly atMs: number
  /** Where its topics ended when it was made: what comes back is behind that. Topic, partition, offset. */
  readonly ends: readonly (readonly [string, number, number])[]
  /** The job whose failures these are. */
  readonly retryOf: string | null
}

interface OfLease {
  readonly job: string
  readonly epoch: number
  readonly runner: string
}

export interface LeaseRecord extends OfLease {
  readonly kind: 'lease'
  /** Of every batch that is claimed under this lease. */
  readonly producerId: number
  readonly producerEpoch: number
  /** A runner that has not been heard of for this long is taken for dead. */
  readonly leaseMs: number
}

export interface AliveRecord extends OfLease {
  readonly kind: 'alive'
}

/** One batch: to a partition, with the sequence of its first record, of these letters (numbers in the job, as steps). */
export interface ClaimedBatch {
  readonly topic: string
  readonly partition: number
  readonly sequence: number
  readonly letters: readonly number[]
}

export interface ClaimRecord extends OfLease {
  readonly kind: 'claim'
  /** Rising in a lease. A claim of a number that is open takes its place: of that nothing was sent. */
  readonly chunk: number
  readonly batches: readonly ClaimedBatch[]
  /** In x-redrive-at of its records. */
  readonly atMs: number
}

export interface ResultRecord extends OfLease {
  readonly kind: 'result'
  /** Which claim: epoch and chunk; null where nothing was to be sent. */
  readonly claim: readonly [number, number] | null
  /** Topic, partition, offset of the first (-1: not known), letters as steps. */
  readonly sent: readonly (readonly [string, number, number, readonly number[]])[]
  /** Reason, letters as steps. */
  readonly failed: readonly (readonly [string, readonly number[]])[]
  readonly skipped: readonly (readonly [string, readonly number[]])[]
  /** Certainly not sent, to be claimed anew: letters as steps. */
  readonly returned: readonly number[]
}

/** `released`: its runner went away in good order. `canaryFailed` is stopped too. */
export type RunState = 'canary' | 'canaryPassed' | 'canaryFailed' | 'stopped' | 'released' | 'done' | 'cancelled'

export interface StateRecord extends OfLease {
  readonly kind: 'state'
  readonly state: RunState
  readonly reason: string | null
  /** Until when the canary is watched, epoch milliseconds. */
  readonly untilMs: number | null
  readonly cameBack: number
}

export type JobControl = 'pause' | 'resume' | 'cancel'

export interface ControlRecord {
  readonly kind: 'control'
  readonly job: string
  readonly action: JobControl
  readonly by: string
}

export type MarkAction = 'resolved' | 'unresolved' | 'resent'

export interface MarkRecord {
  readonly kind: 'mark'
  readonly topic: string
  readonly topicId: string
  readonly action: MarkAction
  readonly places: PlaceList
  readonly by: string
  readonly note: string | null
}

export type JobsRecord =
  | PlanRecord
  | JobRecord
  | LeaseRecord
  | AliveRecord
  | ClaimRecord
  | ResultRecord
  | StateRecord
  | ControlRecord
  | MarkRecord

/** The key of a record. `nonce` makes it its own; kinds that have a natural one ignore it. */
export function keyOfRecord(record: JobsRecord, nonce: string): string {
  if (record.kind === 'mark') return `mark/${nonce}`
  const of = `job/${record.job}`
  switch (record.kind) {
    case 'plan':
      return `${of}/${record.creation}/plan/${record.first}`
    case 'job':
      return `${of}/${record.creation}`
    case 'lease':
      return `${of}/lease/${record.epoch}/${record.runner}`
    case 'alive':
      return `${of}/lease/${record.epoch}/${record.runner}/alive`
    case 'claim':
    case 'result':
    case 'state':
      return `${of}/${record.kind}/${record.epoch}/${record.runner}/${nonce}`
    case 'control':
      return `${of}/control/${nonce}`
    default:
      return record satisfies never
  }
}

const needed: Readonly<Record<JobsRecord['kind'], readonly string[]>> = {
  plan: ['job', 'creation', 'first', 'places'],
  job: ['job', 'creation', 'topic', 'topicId', 'target', 'matched', 'by', 'atMs', 'ends'],
  lease: ['job', 'epoch', 'runner', 'producerId', 'producerEpoch', 'leaseMs'],
  alive: ['job', 'epoch', 'runner'],
  claim: ['job', 'epoch', 'runner', 'chunk', 'batches', 'atMs'],
  result: ['job', 'epoch', 'runner', 'sent', 'failed', 'skipped', 'returned'],
  state: ['job', 'epoch', 'runner', 'state', 'cameBack'],
  control: ['job', 'action', 'by'],
  mark: ['topic', 'topicId', 'action', 'places', 'by'],
}

/** What a value holds; null where it is none of these: somebody else wrote it. */
export function readJobsRecord(value: Buffer): JobsRecord | null {
  try {
    const parsed: unknown = JSON.parse(value.toString())
    if (typeof parsed !== 'object' || parsed === null || !('kind' in parsed)) return null
    const fields = needed[parsed.kind as JobsRecord['kind']]
    return fields?.every((name) => name in parsed) ? (parsed as JobsRecord) : null
  } catch {
    return null
  }
}
