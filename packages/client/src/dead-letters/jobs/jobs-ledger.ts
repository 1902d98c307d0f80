/**
 * All jobs and marks, made by replaying the topic of jobs from its start: the only writer of that state. Everybody who
 * replays comes to the same, so what the log's order decides is decided for all:
 *
 *   lease   counts where its epoch is the next: of two runners that want a job the first in the log has it
 *   claim   counts under the lease in force, if its letters wait and (unless `again`) no other job sent or claimed them;
 *           a runner sends only after it has read its claim back and it counted. A runner that was taken over reads
 *           the new lease before its claim, and does not send.
 *   result  counts under the lease in force: whoever takes over finds out what became of what was claimed before
 */
import type { LetterPlace } from '../dead-letter.ts'
import type { LetterState } from '../letter-where.ts'
import type {
  ClaimRecord,
  ControlRecord,
  JobRecord,
  JobsRecord,
  MarkRecord,
  PlanRecord,
  ResultRecord,
  RunState,
  StateRecord,
} from './jobs-record.ts'
import { CLAIMED, claimKey, FAILED, LedgerJob, SENT, SKIPPED, WAITING } from './ledger-job.ts'
import { jobOfMark, LetterMarks, resentOfMark, stateOfMark } from './letter-marks.ts'
import { letterReason } from './letter-reasons.ts'
import { readPlaces, readSteps } from './place-list.ts'

/** A mark that somebody set, for the history of a letter. */
export interface NotedMark {
  readonly record: MarkRecord
  readonly atMs: number
}

export class JobsLedger {
  readonly jobs = new Map<string, LedgerJob>()
  readonly marks = new LetterMarks()
  readonly notedMarks = new Map<string, NotedMark>()
  /** Of jobs that are being written: by id and creation. */
  readonly #plans = new Map<string, Map<number, PlanRecord>>()
  #ordinals = 0

  /** One record of the log: `record` null for one that was deleted, `atMs` its timestamp. */
  replay(key: string, record: JobsRecord | null, atMs: number): void {
    if (record === null) this.#forget(key)
    else if (record.kind === 'mark') this.#mark(key, record, atMs)
    else if (record.kind === 'plan') this.#plan(key, record)
    else if (record.kind === 'job') this.#create(key, record)
    else this.#happen(key, record, atMs)
  }

  /** What was done about a letter. */
  stateOf(topicKey: string, { partition, offset }: LetterPlace): LetterState {
    return stateOfMark(this.marks.get(topicKey, partition, offset))
  }

  /** Why a job may not send a letter; null where it may. */
  obstacle(job: LedgerJob, { partition, offset }: LetterPlace): string | null {
    if (job.record.again) return null
    const mark = this.marks.get(topicKeyOf(job.record), partition, offset)
    const sender = jobOfMark(mark)
    if (resentOfMark(mark) > 0) return letterReason('sentBefore', {})
    if (sender !== 0 && sender !== job.ordinal) return letterReason('beingSent', {})
    return stateOfMark(mark).isResolved ? letterReason('resolved', {}) : null
  }

  #plan(key: string, record: PlanRecord): void {
    const known = this.jobs.get(record.job)
    if (known !== undefined) {
      known.keys.add(key)
      return
    }
    const id = `${record.job}/${record.creation}`
    const plans = this.#plans.get(id)
    if (plans === undefined) this.#plans.set(id, new Map([[record.first, record]]))
    else plans.set(record.first, record)
  }

  #create(key: string, record: JobRecord): void {
    const id = `${record.job}/${record.creation}`
    const plans = [...(this.#plans.get(id)?.values() ?? [])].sort((a, b) => a.first - b.first)
    this.#plans.delete(id)
    const known = this.jobs.get(record.job)
    if (known !== undefined) {
      known.keys.add(key)
      return
    }
    const places = plans.flatMap((plan) => readPlaces(plan.places))
    if (places.length !== record.matched) return
    const job = new LedgerJob(record, ++this.#ordinals, places)
    this.jobs.set(record.job, job)
    job.keys.add(key)
    for (const plan of plans) job.keys.add(`job/${id}/plan/${plan.first}`)
    if (places.length === 0) job.endedMs = record.atMs
  }

  #happen(key: string, record: Exclude<JobsRecord, { kind: 'mark' | 'plan' | 'job' }>, atMs: number): void {
    const job = this.jobs.get(record.job)
    if (job === undefined) return
    job.keys.add(key)
    if (job.endedMs !== null) return
    if (record.kind === 'control') {
      control(job, record)
      return
    }
    if (record.kind === 'lease') {
      if (record.epoch === job.epoch + 1) job.lease = { record, seenMs: atMs, isReleased: false }
      return
    }
    const held = job.lease
    if (held === null || held.record.epoch !== record.epoch || held.record.runner !== record.runner) return
    held.seenMs = Math.max(held.seenMs, atMs)
    if (record.kind === 'claim') this.#claim(job, record)
    else if (record.kind === 'result') this.#result(job, record)
    else if (record.kind === 'state') this.#state(job, record, atMs)
  }

  #claim(job: LedgerJob, record: ClaimRecord): void {
    const key = claimKey(record.epoch, record.chunk)
    const replaced = job.openClaims.get(key)
    if (replaced !== undefined) {
      job.openClaims.delete(key)
      for (const letter of lettersOf(replaced.record)) this.#give(job, letter, WAITING)
    }
    const letters = lettersOf(record)
    if (letters.some((letter) => job.outcomes[letter] !== WAITING)) return
    if (letters.some((letter) => this.obstacle(job, job.places[letter]!) !== null)) return
    for (const letter of letters) this.#give(job, letter, CLAIMED)
    job.openClaims.set(key, { record, lease: job.lease!.record })
  }

  #result(job: LedgerJob, record: ResultRecord): void {
    if (record.claim !== null && !job.openClaims.delete(claimKey(...record.claim))) return
    job.noteSent(record)
    for (const [, , , letters] of record.sent) for (const letter of readSteps(letters)) this.#give(job, letter, SENT)
    const outcomes = [
      [FAILED, record.failed],
      [SKIPPED, record.skipped],
    ] as const
    for (const [outcome, reasons] of outcomes) {
      for (const [reason, letters] of reasons) {
        for (const letter of readSteps(letters)) {
          this.#give(job, letter, outcome)
          job.reasons.set(letter, reason)
        }
      }
    }
    for (const letter of readSteps(record.returned)) this.#give(job, letter, WAITING)
  }

  #give(job: LedgerJob, letter: number, outcome: number): void {
    const place = job.places[letter]
    if (place === undefined || job.outcomes[letter] === outcome) return
    const topicKey = topicKeyOf(job.record)
    job.set(letter, outcome)
    if (outcome === SENT) this.marks.addResent(topicKey, place)
    else this.marks.take(topicKey, place, outcome === CLAIMED ? job.ordinal : 0)
  }

  #state(job: LedgerJob, record: StateRecord, atMs: number): void {
    job.state = record
    job.cameBack = Math.max(job.cameBack, record.cameBack)
    if (record.state === 'canaryPassed') job.canaryPassed = true
    if (record.state === 'canaryFailed') job.canaryPassed = false
    if (record.state !== 'canary' && record.state !== 'canaryPassed') job.lease!.isReleased = true
    if (record.state !== 'done' && record.state !== 'cancelled') return
    job.endedMs = atMs
    if (record.state === 'done') return
    for (let letter = 0; letter < job.places.length; letter++) {
      if (job.outcomes[letter] !== WAITING) continue
      this.#give(job, letter, SKIPPED)
      job.reasons.set(letter, letterReason('cancelled', {}))
    }
  }

  #mark(key: string, record: MarkRecord, atMs: number): void {
    this.notedMarks.set(key, { record, atMs })
    const topicKey = LetterMarks.topicKey(record.topic, record.topicId)
    for (const place of readPlaces(record.places)) {
      if (record.action === 'resent') this.marks.keepResent(topicKey, place)
      else this.marks.setResolved(topicKey, place, record.action === 'resolved')
    }
  }

  #forget(key: string): void {
    this.notedMarks.delete(key)
    const id = /^job\/([^/]+)\//.exec(key)?.[1]
    const job = id === undefined ? undefined : this.jobs.get(id)
    if (job === undefined || key !== `job/${id}/${job.record.creation}`) return
    this.jobs.delete(job.record.job)
  }
}

export function topicKeyOf({ topic, topicId }: { readonly topic: string; readonly topicId: string }): string {
  return LetterMarks.topicKey(topic, topicId)
}

/** The letters of a claim, by their numbers in the job. */
export function lettersOf(claim: ClaimRecord): number[] {
  return claim.batches.flatMap(({ letters }) => readSteps(letters))
}

function control(job: LedgerJob, record: ControlRecord): void {
  if (job.control?.action === 'cancel') return
  job.control = { action: record.action, by: record.by }
  // Whoever resumes what has stopped wants it to go on all the same.
  if (record.action === 'resume' && isStop(job.state?.state)) job.state = null
}

/** Whether a job goes no further by itself. */
export function isStop(state: RunState | undefined): boolean {
  return state === 'stopped' || state === 'canaryFailed'
}
