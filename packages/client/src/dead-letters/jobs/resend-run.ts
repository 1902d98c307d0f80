/**
 * One runner's work on a job, from its lease to its end:
 *
 *   settle   what earlier runners claimed and did not account for: the same batch is sent again under their producer id
 *            and sequence, which writes it once; where the target may have forgotten those, it is looked through before
 *   chunk    letters are read, their batches claimed; the claim is read back, and only if it counts they are sent
 *   account  what became of them is written with the next claim, at the latest before anything is waited for
 *
 * Killed at any point, what it claimed last is all that is not known, and that is settled by the next.
 */
import type { RecordInput } from '@odradek/protocol'
import { pause } from '../../bounded.ts'
import type { Cluster } from '../../cluster.ts'
import { KafkaError, UnreachableError } from '../../cluster-errors.ts'
import { findOut, noteRefusal, noteThere, whereIs } from './account-for.ts'
import { buildChunk, type Chunk } from './build-chunk.ts'
import { ComebackWatch } from './comeback-watch.ts'
import type { JobsLog } from './jobs-log.ts'
import type { ClaimedBatch, ClaimRecord, JobRecord, JobsRecord, RunState } from './jobs-record.ts'
import { claimKey, FAILED, type LedgerJob, type OpenClaim, SENT, WAITING } from './ledger-job.ts'
import { letterReason } from './letter-reasons.ts'
import { lettersOfJob, waitingLetters } from './letters-of-job.ts'
import { type Moment, momentNow, passedMs } from './moment.ts'
import { readSteps, writeSteps } from './place-list.ts'
import { ResendLease } from './resend-lease.ts'
import { type ResendStamp, resendRecord } from './resend-record.ts'
import { ResendTargets } from './resend-targets.ts'
import { ResultDraft } from './result-draft.ts'
import { type SendOutcome, sendClaimed } from './send-claimed.ts'

export interface ResendRunOptions {
  /** Names this process to others [host and process id]. */
  readonly runner: string
  /** Ends it in good order after what is under way. */
  readonly signal: AbortSignal
  /** How long a target may refuse for the same passing reason before the job stops [2 min]. */
  readonly patienceMs: number
  /** How long it may be silent before it is taken for dead [10 s]. */
  readonly leaseMs: number
  /** Told after each step. */
  readonly onProgress: (job: LedgerJob, waitingFor: string | null) => void
}

const CHUNK_LETTERS = 1000
/** Claims older than this are not simply sent again: the target may have forgotten the producer. */
const SETTLE_MS = 3_600_000
/** Nothing is sent so long after the look that said whose the job is: it is looked again. */
const HELD_UP_MS = 15_000
const LOOK_MS = 250
/** Longer than a request can wait for its answer. */
const WENT_WELL_MS = 60_000

export class ResendRun {
  readonly #cluster: Cluster
  readonly #log: JobsLog
  readonly #options: ResendRunOptions
  readonly #job: JobRecord
  readonly #id: string
  #lease: ResendLease
  #targets: ResendTargets
  #watch: ComebackWatch
  #chunk = 0
  /** Of the next record to each topic and partition, under this lease. */
  #sequences = new Map<string, number>()
  /** Results that are not written yet. */
  #unwritten: JobsRecord[] = []
  /** How many letters a batch with this one may have. */
  readonly #batchMax = new Map<number, number>()
  #nextSendAt = 0
  /** What had failed and come back when somebody wanted it to go on all the same. */
  #before: { readonly bad: number; readonly tried: number } | null = null

  private constructor(cluster: Cluster, log: JobsLog, job: LedgerJob, lease: ResendLease, options: ResendRunOptions) {
    this.#cluster = cluster
    this.#log = log
    this.#options = options
    this.#job = job.record
    this.#id = job.record.job
    this.#lease = lease
    this.#targets = new ResendTargets(cluster, job.record)
    this.#watch = new ComebackWatch(cluster, job.record)
  }

  /** Runs the job until it ends, is paused or stops, or `signal`. Throws a RefusedError while another runs it. */
  static async run(cluster: Cluster, log: JobsLog, id: string, options: ResendRunOptions): Promise<void> {
    const lease = await ResendLease.take(cluster, log, id, options)
    try {
      const run = new ResendRun(cluster, log, lease.of(await log.sync()), lease, options)
      try {
        await run.#runOn()
      } finally {
        run.#lease.end()
      }
    } finally {
      lease.end()
    }
  }

  /** While the cluster is away it is waited for. */
  async #runOn(): Promise<void> {
    for (let awaySince: number | null = null; ; ) {
      const chunk = this.#chunk
      const beganMs = performance.now()
      try {
        return await this.#run()
      } catch (error) {
        const mayPass = error instanceof UnreachableError || (error instanceof KafkaError && error.isRetriable)
        const wentWell = this.#chunk > chunk || performance.now() - beganMs > WENT_WELL_MS
        if (awaySince === null || wentWell) awaySince = performance.now()
        const { signal, patienceMs } = this.#options
        const isOver = !mayPass || signal.aborted || performance.now() - awaySince > patienceMs
        // What the cluster refuses is for a person to see; that it is away is tried again by whoever keeps jobs.
        if (isOver && error instanceof KafkaError) return await this.#stuck(`Cannot ${error.tried}: ${error.message}`)
        if (isOver) throw error
        if (this.#lastSeen !== null) this.#options.onProgress(this.#lastSeen, (error as Error).message)
        await pause(LOOK_MS)
      }
    }
  }

  async #run(): Promise<void> {
    await this.#account()
    let job = await this.#look()
    if (job.endedMs !== null) return
    if (!(await this.#settleAll(job))) return
    this.#before ??= job.control?.action === 'resume' ? await this.#badOf(job) : { bad: 0, tried: 0 }
    for (;;) {
      job = await this.#look()
      this.#options.onProgress(job, null)
      const end = this.#endOf(job)
      if (end !== null) return this.#state(end, null)
      const stop = await this.#stopReason(job)
      if (stop !== null) return this.#state('stopped', stop)
      if (job.counts[WAITING] === 0) {
        if (this.#unwritten.length > 0) await this.#account()
        else if (job.openClaims.size === 0) return this.#state('done', null)
        else if (!(await this.#settleAll(job))) return
        continue
      }
      if (this.#isCanaryOut(job)) {
        if (!(await this.#watchCanary(job))) return
        continue
      }
      if (!(await this.#isTime())) continue
      if (!(await this.#sendChunk(job))) return
    }
  }

  /** Why it should not go on: somebody wants it so. */
  #endOf(job: LedgerJob): RunState | null {
    if (job.control?.action === 'cancel') return 'cancelled'
    return job.control?.action === 'pause' || this.#options.signal.aborted ? 'released' : null
  }

  /** The job ends here for now: as the target does not take what is claimed, or as somebody wants this process to end. */
  async #stuck(reason: string): Promise<void> {
    await (this.#options.signal.aborted ? this.#state('released', null) : this.#state('stopped', reason))
  }

  async #settleAll(job: LedgerJob): Promise<boolean> {
    for (const open of [...job.openClaims.values()]) if (!(await this.#settle(job, open))) return false
    return true
  }

  async #look(): Promise<LedgerJob> {
    const at = momentNow()
    const job = this.#lease.of(await this.#log.sync())
    this.#lookedAt = at
    this.#lastSeen = job
    return job
  }
  #lastSeen: LedgerJob | null = null
  /** When it was last looked whose the job is. */
  #lookedAt: Moment = momentNow()

  async #account(): Promise<void> {
    const records = this.#unwritten
    this.#unwritten = []
    if (records.length > 0) await this.#lease.write(records)
  }

  async #state(state: RunState, reason: string | null, untilMs: number | null = null): Promise<void> {
    await this.#account()
    const isWatched = this.#job.canary !== null || this.#job.stop !== null
    const cameBack = isWatched ? await this.#watch.count() : 0
    await this.#lease.write([{ kind: 'state', ...this.#of(), state, reason, untilMs, cameBack }])
    this.#options.onProgress((await this.#log.sync()).jobs.get(this.#id)!, null)
  }

  #of(): { job: string; epoch: number; runner: string } {
    const { job, epoch, runner } = this.#lease.record
    return { job, epoch, runner }
  }

  /** Waits for its turn by the rate, a little at a time; false while it is not come. */
  async #isTime(): Promise<boolean> {
    const waitMs = this.#nextSendAt - performance.now()
    if (waitMs <= 0) return true
    await this.#account()
    await pause(Math.min(waitMs, LOOK_MS))
    return waitMs <= LOOK_MS
  }

  async #sendChunk(job: LedgerJob): Promise<boolean> {
    const rate = job.record.recordsPerSecond
    const sendMax = Math.min(
      rate === null ? CHUNK_LETTERS : Math.max(1, Math.floor(rate / 4)),
      this.#isBeforeCanary(job) ? job.record.canary!.records - job.counts[SENT]! : CHUNK_LETTERS,
      CHUNK_LETTERS,
    )
    const numbers = waitingLetters(job, Math.max(sendMax, 10))
    const { letters, count } = await lettersOfJob(this.#cluster, job, numbers)
    await this.#targets.prepare(letters.values())
    const atMs = Date.now()
    const ledger = await this.#log.sync()
    const chunk = buildChunk({
      numbers: numbers.slice(0, count),
      letters,
      stamp: this.#stamp(job, atMs),
      targets: this.#targets,
      obstacle: (number) => ledger.obstacle(job, job.places[number]!),
      batchMax: (number) => this.#batchMax.get(number) ?? CHUNK_LETTERS,
      sendMax,
    })
    const draft = new ResultDraft(this.#of())
    for (const [number, reason] of chunk.failed) draft.fail(number, reason)
    for (const [number, reason] of chunk.skipped) draft.skip(number, reason)
    if (chunk.batches.length === 0) {
      this.#unwritten.push(draft.record(null))
      await this.#account()
      return true
    }
    const claim = this.#claimOf(chunk, atMs)
    await this.#lease.write([...this.#unwritten.splice(0), claim])
    const claimed = await this.#look()
    const key = claimKey(claim.epoch, claim.chunk)
    // Another job was faster with one of them: what may be sent is looked at anew.
    if (claimed.openClaims.get(key)?.record.atMs !== atMs) return true
    this.#chunk++
    const isDone = await this.#sendClaim(claimed, claim, chunk.batches, draft)
    if (rate !== null) {
      const sent = chunk.batches.reduce((sum, batch) => sum + batch.letters.length, 0)
      this.#nextSendAt = Math.max(this.#nextSendAt, performance.now() - LOOK_MS) + (sent * 1000) / rate
    }
    // Who watches what comes back must know how many went.
    if (rate !== null || job.record.stop !== null || this.#isBeforeCanary(job)) await this.#account()
    return isDone
  }

  #claimOf(chunk: Chunk, atMs: number): ClaimRecord {
    const batches = chunk.batches.map(({ topic, partition, letters }) => {
      const sequence = this.#sequences.get(`${topic}-${partition}`) ?? 0
      return { topic, partition, sequence, letters: writeSteps(letters) }
    })
    return { kind: 'claim', ...this.#of(), chunk: this.#chunk, batches, atMs }
  }

  /** Sends the batches of a claim of ours, each to its partition, and notes what became of them. */
  async #sendClaim(
    job: LedgerJob,
    claim: ClaimRecord,
    batches: Chunk['batches'],
    draft: ResultDraft,
  ): Promise<boolean> {
    const { producerId, producerEpoch } = this.#lease.record
    const outcomes = await Promise.all(
      batches.map(async ({ topic, partition, records }, at) => {
        const { sequence } = claim.batches[at]!
        return this.#send({ topic, partition, records, producerId, producerEpoch, sequence })
      }),
    )
    let needsLease = false
    for (const [at, outcome] of outcomes.entries()) {
      const { topic, partition, letters } = batches[at]!
      const name = `${topic}-${partition}`
      if (outcome.kind === 'sent') {
        this.#sequences.set(name, claim.batches[at]!.sequence + letters.length)
        draft.send(topic, partition, outcome.baseOffset, letters)
      } else if (outcome.kind === 'refused') noteRefusal(draft, outcome, letters, this.#batchMax)
      else if (outcome.kind === 'unclear') {
        needsLease = true
        await findOut(this.#cluster, job, claim.batches[at]!, claim.atMs, draft)
      } else {
        // The claim stays open: whoever goes on settles it.
        await this.#stuck(outcome.reason)
        return false
      }
    }
    this.#unwritten.push(draft.record([claim.epoch, claim.chunk]))
    if (needsLease) await this.#takeAgain()
    return true
  }

  #send(to: Parameters<typeof sendClaimed>[2]): Promise<SendOutcome> {
    return sendClaimed(this.#cluster, this.#targets, to, {
      patienceMs: this.#options.patienceMs,
      signal: this.#options.signal,
      onWaiting: (reason) => {
        const job = this.#lastSeen
        if (job !== null && reason !== null) this.#options.onProgress(job, reason)
      },
      check: async () => {
        await this.#look()
      },
      isHeldUp: () => passedMs(this.#lookedAt) > HELD_UP_MS,
    })
  }

  /** Accounts for what an earlier runner claimed; false where that cannot be done now, and the job has stopped. */
  async #settle(job: LedgerJob, open: OpenClaim): Promise<boolean> {
    const { record: claim, lease } = open
    const draft = new ResultDraft(this.#of())
    if (lease.epoch === this.#lease.record.epoch) this.#chunk = Math.max(this.#chunk, claim.chunk + 1)
    for (const batch of claim.batches) if (!(await this.#settleBatch(job, open, batch, draft))) return false
    await this.#lease.write([draft.record([claim.epoch, claim.chunk])])
    return true
  }

  /**
   * Sends a claimed batch under its own producer id and sequence, which writes it once: also if whoever claimed it was only
   * held up, and sends it after this. Where that is not certain the target is asked, and looked through, first.
   */
  async #settleBatch(
    job: LedgerJob,
    { record: claim, lease }: OpenClaim,
    batch: ClaimedBatch,
    draft: ResultDraft,
  ): Promise<boolean> {
    const { topic, partition, sequence } = batch
    const { producerId, producerEpoch } = lease
    const all = readSteps(batch.letters)
    const read = await lettersOfJob(this.#cluster, job, all, Number.POSITIVE_INFINITY)
    // One that names a record that is gone is not left either.
    const letters = new Map([...read.letters].filter(([, { isReference }]) => !isReference))
    const numbers = all.filter((number) => letters.has(number))
    if (numbers.length < all.length || Date.now() - claim.atMs > SETTLE_MS) {
      const found = await whereIs(this.#cluster, job, batch, { claim, lease })
      if (found.kind === 'unknown') for (const number of all) draft.fail(number, found.reason)
      else if (found.kind === 'there') noteThere(job, batch, found, letters, draft)
      if (found.kind !== 'absent') return true
      for (const number of all) if (!letters.has(number)) draft.giveBack(number)
      if (numbers.length === 0) return true
    }
    const stamp = this.#stamp(job, claim.atMs)
    const records: RecordInput[] = numbers.map((number) => resendRecord(letters.get(number)!, stamp))
    const outcome = await this.#send({ topic, partition, records, producerId, producerEpoch, sequence })
    if (outcome.kind === 'sent') {
      draft.send(topic, partition, outcome.baseOffset, numbers)
      if (lease.epoch === this.#lease.record.epoch) {
        this.#sequences.set(`${topic}-${partition}`, sequence + numbers.length)
      }
    } else if (outcome.kind === 'refused') noteRefusal(draft, outcome, numbers, this.#batchMax)
    else if (outcome.kind === 'unclear') {
      await findOut(this.#cluster, job, { ...batch, letters: writeSteps(numbers) }, claim.atMs, draft)
    } else {
      await this.#stuck(outcome.reason)
      return false
    }
    return true
  }

  /** A lease of our own again, with another producer id. */
  async #takeAgain(): Promise<void> {
    await this.#account()
    const before = this.#lease
    this.#lease = await ResendLease.take(this.#cluster, this.#log, this.#id, this.#options, before)
    before.end()
    this.#sequences = new Map()
    this.#chunk = 0
  }

  #stamp({ record }: LedgerJob, atMs: number): ResendStamp {
    const { job, topic, by, edit } = record
    return { job, topic, by, atMs, edit, toRetry: this.#targets.isRetry }
  }

  #isBeforeCanary({ record, canaryPassed }: LedgerJob): boolean {
    return record.canary !== null && canaryPassed === null
  }

  #isCanaryOut(job: LedgerJob): boolean {
    return (
      this.#isBeforeCanary(job) && (job.counts[SENT]! >= job.record.canary!.records || job.state?.state === 'canary')
    )
  }

  /** Waits whether what was sent comes back; false where too much did. */
  async #watchCanary(job: LedgerJob): Promise<boolean> {
    const canary = job.record.canary!
    const untilMs = job.state?.state === 'canary' ? (job.state.untilMs ?? 0) : Date.now() + canary.waitMs
    if (job.state?.state !== 'canary') await this.#state('canary', null, untilMs)
    const { bad, tried } = await this.#badOf(job)
    if (bad * 100 > canary.percentMax * tried) {
      await this.#state('canaryFailed', letterReason('canaryFailed', { bad, tried }))
      return false
    }
    if (Date.now() >= untilMs) await this.#state('canaryPassed', null)
    else await pause(Math.min(LOOK_MS, untilMs - Date.now()))
    return true
  }

  async #stopReason(job: LedgerJob): Promise<string | null> {
    const { stop } = job.record
    if (stop === null || job.counts[SENT]! + job.counts[FAILED]! < stop.atLeast) return null
    const { bad, tried } = await this.#badOf(job)
    const before = this.#before ?? { bad: 0, tried: 0 }
    if (tried - before.tried < stop.atLeast) return null
    return (bad - before.bad) * 100 > stop.percent * (tried - before.tried)
      ? letterReason('stopped', { bad, tried })
      : null
  }

  async #badOf(job: LedgerJob): Promise<{ bad: number; tried: number }> {
    const cameBack = await this.#watch.count()
    job.cameBack = Math.max(job.cameBack, cameBack)
    return { bad: cameBack + job.counts[FAILED]!, tried: job.counts[SENT]! + job.counts[FAILED]! }
  }
}
