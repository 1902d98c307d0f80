import {
  type Cluster,
  controlResendJob,
  deleteResendJob,
  type JobControl,
  type ResendJob,
  type ResendOutcome,
  type ResendResult,
  resendJob,
  resendResults,
} from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import { type Arguments, type Command, UsageError } from '../command.ts'
import { makeJob, sourceOf, whoIs } from '../letter-flags.ts'
import { exitCodeOf, progressText, runJob, tellReasons } from '../run-job.ts'
import { plainLine } from '../terminal-text.ts'

const outcomes: readonly ResendOutcome[] = ['sent', 'failed', 'skipped', 'waiting']

export const deadLettersJobShow: Command = {
  name: 'dead-letters job show',
  summary: 'Print a job, and with --results what became of each letter.',
  positionals: ['JOB'],
  flags: {
    results: { type: 'boolean', doc: 'Each letter, in the order of the job.' },
    outcome: { type: 'string', value: 'NAME', multiple: true, doc: `Only ${outcomes.join(', ')}. May be repeated.` },
    csv: { type: 'boolean', doc: 'The letters as CSV.' },
    ...clusterFlags,
  },
  examples: [
    'odradek dead-letters job show 6f1c2b7e-91d4',
    'odradek dead-letters job show 6f1c2b7e-91d4 --results --outcome failed --csv',
  ],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const id = args.positionals[0]!
      const job = await resendJob(cluster, id)
      const isCsv = args.flag('csv')
      const isJson = args.flag('json')
      if (!isCsv) process.stdout.write(isJson ? `${JSON.stringify(job)}\n` : `${jobText(job)}\n`)
      if (!args.flag('results') && !isCsv) return 0
      if (isCsv) process.stdout.write('partition,offset,outcome,target,reason\r\n')
      const wanted = args.list('outcome').map((text) => {
        const known = outcomes.find((name) => name === text)
        if (known === undefined) throw new UsageError(`--outcome must be one of ${outcomes.join(', ')}, not "${text}"`)
        return known
      })
      for (let from: number | null = 0; from !== null; ) {
        const page: Awaited<ReturnType<typeof resendResults>> = await resendResults(cluster, id, {
          from,
          ...(wanted.length > 0 && { outcomes: wanted }),
        })
        for (const result of page.results) {
          process.stdout.write(isCsv ? csvLine(result) : isJson ? `${JSON.stringify(result)}\n` : resultLine(result))
        }
        from = page.next
      }
      return 0
    }),
}

export const deadLettersJobRun: Command = {
  name: 'dead-letters job run',
  summary: 'Run a job here: one that nobody runs, such as one whose runner was killed. What it left is settled first.',
  positionals: ['JOB'],
  flags: clusterFlags,
  run: (args) => withCluster(args, (cluster) => runHere(args, cluster)),
}

export const deadLettersJobResume: Command = {
  name: 'dead-letters job resume',
  summary: 'Let a job go on that was paused or has stopped, and run it here unless another process does.',
  positionals: ['JOB'],
  flags: clusterFlags,
  run: (args) =>
    withCluster(args, async (cluster) => {
      await controlResendJob(cluster, args.positionals[0]!, 'resume', whoIs())
      return runHere(args, cluster)
    }),
}

export const deadLettersJobPause: Command = {
  name: 'dead-letters job pause',
  summary: 'Let a job stop after what is under way.',
  positionals: ['JOB'],
  flags: clusterFlags,
  run: (args) => control(args, 'pause'),
}

export const deadLettersJobCancel: Command = {
  name: 'dead-letters job cancel',
  summary: 'End a job: what it has not come to is skipped.',
  positionals: ['JOB'],
  flags: clusterFlags,
  run: (args) => control(args, 'cancel'),
}

export const deadLettersJobRetry: Command = {
  name: 'dead-letters job retry',
  summary: 'Make a job of the letters that another could not send, with the same target, and run it.',
  positionals: ['JOB'],
  flags: clusterFlags,
  run: (args) =>
    withCluster(args, async (cluster) => {
      const before = await resendJob(cluster, args.positionals[0]!)
      const { topic, target, again, recordsPerSecond } = before
      const { id } = await makeJob(sourceOf(args, cluster), {
        topic,
        target,
        again,
        select: { kind: 'failedOf', job: before.id },
        by: whoIs(),
        ...(recordsPerSecond !== null && { recordsPerSecond }),
      })
      return runHere(args, cluster, id)
    }),
}

export const deadLettersJobDelete: Command = {
  name: 'dead-letters job delete',
  summary: 'Remove a job that has ended from the list.',
  positionals: ['JOB'],
  flags: clusterFlags,
  run: (args) =>
    withCluster(args, async (cluster) => {
      await deleteResendJob(cluster, args.positionals[0]!)
      process.stdout.write(args.flag('json') ? '{}\n' : 'Deleted.\n')
      return 0
    }),
}

async function runHere(args: Arguments, cluster: Cluster, id = args.positionals[0]!): Promise<number> {
  const isJson = args.flag('json')
  const job = await runJob(cluster, id, isJson)
  process.stdout.write(isJson ? `${JSON.stringify(job)}\n` : `${jobText(job)}\n`)
  if (!isJson) await tellReasons(cluster, job)
  return exitCodeOf(job)
}

function control(args: Arguments, action: JobControl): Promise<number> {
  return withCluster(args, async (cluster) => {
    const job = await controlResendJob(cluster, args.positionals[0]!, action, whoIs())
    process.stdout.write(args.flag('json') ? `${JSON.stringify(job)}\n` : `${jobText(job)}\n`)
    return 0
  })
}

/** A job, for a terminal: reasons and names are others' words. */
export function jobText(job: ResendJob): string {
  const { reason, runner, endedMs } = job
  const lines = [progressText(job)]
  if (reason !== null) lines.push(reason)
  if (runner !== null && endedMs === null)
    lines.push(`runner ${runner.name}${runner.isAlive ? '' : ', not heard of any more'}`)
  return lines.map(plainLine).join('\n')
}

/** What became of a letter, on a line. */
export function resultLine({ partition, offset, outcome, reason, target }: ResendResult): string {
  const where =
    target === null ? '' : ` to ${target.topic}-${target.partition}${target.offset < 0 ? '' : `@${target.offset}`}`
  return `${plainLine(`${partition}@${offset}  ${outcome}${where}${reason === null ? '' : `: ${reason}`}`)}\n`
}

function csvLine({ partition, offset, outcome, reason, target }: ResendResult): string {
  const where =
    target === null ? '' : `${target.topic}-${target.partition}${target.offset < 0 ? '' : `@${target.offset}`}`
  const cells = [partition, offset, outcome, where, reason ?? '']
  return `${cells.map((cell) => `"${String(cell).replaceAll('"', '""')}"`).join(',')}\r\n`
}
