/** A runner's hold on a job: taken by a record that is the first with the next epoch, kept by signs of life. */
import { randomUUID } from 'node:crypto'
import { InitProducerId } from '@odradek/protocol'
import type { Cluster } from '../../cluster.ts'
import { assertNone, KafkaError, RefusedError } from '../../cluster-errors.ts'
import type { JobsLedger } from './jobs-ledger.ts'
import type { JobsLog, JobsProducer } from './jobs-log.ts'
import type { JobsRecord, LeaseRecord } from './jobs-record.ts'
import type { LedgerJob } from './ledger-job.ts'

/** Signs of life in the time after which a runner is taken for dead. */
const SIGNS = 4
const ATTEMPTS_MAX = 20
const RETRY_MS = 250

/** Another has the job now. */
export class LeaseLostError extends Error {}

/** Whether somebody runs the job, as far as one can tell. */
export function isAlive(job: LedgerJob, nowMs: number): boolean {
  const { lease } = job
  return lease !== null && !lease.isReleased && nowMs - lease.seenMs < lease.record.leaseMs
}

export class ResendLease {
  readonly record: LeaseRecord
  readonly #log: JobsLog
  readonly #producer: JobsProducer
  readonly #alive: NodeJS.Timeout
  #writing: Promise<void> = Promise.resolve()
  #pending = 0

  private constructor(log: JobsLog, record: LeaseRecord, producer: JobsProducer) {
    this.#log = log
    this.record = record
    this.#producer = producer
    this.#alive = setInterval(() => {
      if (this.#pending > 0) return
      const { job, epoch, runner } = record
      // What cannot be written now is noticed by whoever writes what matters.
      this.write([{ kind: 'alive', job, epoch, runner }]).catch(() => {})
    }, record.leaseMs / SIGNS).unref()
  }

  /** Takes the job, or takes it anew from a lease of ours. Throws a RefusedError while another runs it, or was faster. */
  static async take(
    cluster: Cluster,
    log: JobsLog,
    id: string,
    { runner: name, leaseMs }: { readonly runner: string; readonly leaseMs: number },
    before?: ResendLease,
  ): Promise<ResendLease> {
    const tried = `run job ${id}`
    const ledger = await log.sync()
    const job = ledger.jobs.get(id)
    if (job === undefined) throw new RefusedError('There is no such job.', tried, 'See the list of jobs.')
    if (before !== undefined) before.of(ledger)
    else if (isAlive(job, Date.now())) throw busy(job, tried)
    // Two runs of one process are two runners.
    const runner = `${name}#${randomUUID().slice(0, 8)}`
    const { producerId, producerEpoch } = await initProducerId(cluster, tried)
    const record: LeaseRecord = {
      kind: 'lease',
      job: id,
      epoch: job.epoch + 1,
      runner,
      producerId,
      producerEpoch,
      leaseMs,
    }
    const producer = { producerId, producerEpoch, sequence: 0 }
    await log.appendAs(producer, [record])
    const lease = new ResendLease(log, record, producer)
    try {
      lease.of(await log.sync())
    } catch (error) {
      lease.end()
      throw error instanceof LeaseLostError ? busy(job, tried) : error
    }
    return lease
  }

  /** Writes records in this order, behind what was to be written before. */
  write(records: readonly JobsRecord[]): Promise<void> {
    this.#pending++
    const writing = this.#writing.catch(() => {}).then(() => this.#log.appendAs(this.#producer, records))
    this.#writing = writing
    const settle = () => {
      this.#pending--
    }
    writing.then(settle, settle)
    return writing
  }

  /** The job as the log has it. Throws a LeaseLostError where it is not ours any more. */
  of(ledger: JobsLedger): LedgerJob {
    const job = ledger.jobs.get(this.record.job)
    if (job === undefined) throw new LeaseLostError('The job was deleted.')
    const held = job.lease?.record
    if (held?.epoch !== this.record.epoch || held.runner !== this.record.runner) {
      throw new LeaseLostError(`${held === undefined ? 'Somebody' : runnerName(held.runner)} runs the job now.`)
    }
    return job
  }

  /** Gives no more signs of life. */
  end(): void {
    clearInterval(this.#alive)
  }
}

/** The name of a runner, without what tells its runs apart. */
export function runnerName(runner: string): string {
  return runner.replace(/#[0-9a-f]{8}$/, '')
}

function busy(job: LedgerJob, tried: string): RefusedError {
  const runner = job.lease === null ? 'Another' : runnerName(job.lease.record.runner)
  return new RefusedError(`${runner} runs it.`, tried, 'Wait until it is done, or pause it.')
}

async function initProducerId(cluster: Cluster, tried: string): Promise<{ producerId: number; producerEpoch: number }> {
  for (let attempt = 1; ; attempt++) {
    const answer = await cluster.request(InitProducerId, { transactionalId: null, transactionTimeoutMs: 60_000 })
    if (answer.errorCode === 0) return answer
    const error = new KafkaError(answer.errorCode, tried)
    if (!error.isRetriable || attempt >= ATTEMPTS_MAX) assertNone(answer.errorCode, tried)
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }
}
