import { planResend, type ResendPlan, type ResendRequest, type ResendTarget } from '@odradek/client'
import { numberOf } from '../admin-flags.ts'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import { type Arguments, type Command, type Flag, UsageError } from '../command.ts'
import { letterFlags, lettersChosen, lettersNamed, makeJob, sourceOf, tellingFilter, whoIs } from '../letter-flags.ts'
import { parseNumber } from '../partition-scope.ts'
import { exitCodeOf, progressText, runJob, tellReasons } from '../run-job.ts'
import { plainLine } from '../terminal-text.ts'
import { counted } from '../text-table.ts'

/** Where letters go, and how a job goes about it. */
export const resendFlags = {
  target: {
    type: 'string',
    value: 'retry|origin|topic:NAME',
    doc: "To the group's retry topic, the topic each came from, or another [retry where there is one, else origin].",
  },
  again: { type: 'boolean', doc: 'Also letters that were sent again before, or are marked as resolved.' },
  rate: { type: 'string', value: 'N', doc: 'So many a second at most.' },
  canary: { type: 'string', value: 'N', doc: 'Send N first, and see whether they come back.' },
  'canary-wait': { type: 'string', value: 'SECONDS', doc: 'How long they are watched [60].' },
  'canary-percent': { type: 'string', value: 'N', doc: 'Stop if more than N % of them fail or come back [10].' },
  'stop-percent': { type: 'string', value: 'N', doc: 'Stop when more than N % of all sent failed or came back.' },
  'stop-after': { type: 'string', value: 'N', doc: 'But not before so many were sent [100].' },
  id: { type: 'string', value: 'ID', doc: 'Names the job: the same id twice is one job [a new one].' },
} as const satisfies Record<string, Flag>

export const deadLettersResend: Command = {
  name: 'dead-letters resend',
  summary: 'Send dead letters again; they stay where they are. Prints what would be sent; --apply does it.',
  positionals: ['GROUP'],
  flags: {
    ...letterFlags,
    ...resendFlags,
    apply: { type: 'boolean', doc: 'Do it: make a job and run it. Ctrl-C leaves it to be run again.' },
    ...clusterFlags,
  },
  examples: [
    'odradek dead-letters resend payments --at 0@42 --apply',
    'odradek dead-letters resend payments --all --rate 100 --canary 10',
    'odradek dead-letters resend payments --error java.net.ConnectException --state new --target origin --apply',
  ],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const select = lettersChosen(args)
      const topic = await lettersNamed(cluster, args.positionals[0]!)
      const source = sourceOf(args, cluster)
      const target = targetOf(args) ?? { kind: topic.retryTopic === null ? 'origin' : 'retry' }
      const request: ResendRequest = { topic: topic.topic, select, target, by: whoIs(), ...rulesOf(args) }
      const isJson = args.flag('json')
      if (!args.flag('apply')) {
        const plan = await tellingFilter(() => planResend(source, request))
        process.stdout.write(isJson ? `${JSON.stringify(plan, null, 2)}\n` : planText(plan))
        return 0
      }
      const { id } = await makeJob(source, request)
      if (!isJson) process.stderr.write(`job ${id}\n`)
      const job = await runJob(cluster, id, isJson)
      process.stdout.write(isJson ? `${JSON.stringify(job, null, 2)}\n` : `${progressText(job)}\n`)
      if (job.reason !== null && job.state === 'stopped') process.stderr.write(`${plainLine(job.reason)}\n`)
      if (!isJson) await tellReasons(cluster, job)
      return exitCodeOf(job)
    }),
}

export function targetOf(args: Arguments): ResendTarget | null {
  const text = args.text('target')
  if (text === undefined) return null
  if (text === 'retry' || text === 'origin') return { kind: text }
  const topic = /^topic:(.+)$/s.exec(text)?.[1]
  if (topic === undefined) throw new UsageError(`--target must be retry, origin or topic:NAME, not "${text}"`)
  return { kind: 'topic', topic }
}

function rulesOf(args: Arguments): Partial<ResendRequest> {
  const rate = numberOf(args, 'rate')
  const canary = numberOf(args, 'canary')
  const stop = numberOf(args, 'stop-percent')
  const id = args.text('id')
  if (rate === 0) throw new UsageError('--rate must be at least 1')
  const percent = (name: string, value: number) => {
    if (value > 100) throw new UsageError(`--${name} must be 0 to 100`)
    return value
  }
  return {
    again: args.flag('again'),
    ...(rate !== undefined && { recordsPerSecond: rate }),
    ...(canary !== undefined && {
      canary: {
        records: parseNumber('canary', String(canary), 1),
        waitMs: (numberOf(args, 'canary-wait') ?? 60) * 1000,
        percentMax: percent('canary-percent', numberOf(args, 'canary-percent') ?? 10),
      },
    }),
    ...(stop !== undefined && {
      stop: { percent: percent('stop-percent', stop), atLeast: Math.max(1, numberOf(args, 'stop-after') ?? 100) },
    }),
    ...(id !== undefined && { id }),
  }
}

/** What would be sent, for a terminal: names and reasons are others' words. */
export function planText(plan: ResendPlan): string {
  const lines = [
    ...plan.targets.map(({ topic, count }) => `${counted(count, 'letter')} would go to ${topic}`),
    ...plan.reasons.map(({ outcome, reason, count }) => {
      return `${counted(count, 'letter')} would ${outcome === 'fail' ? 'fail' : 'be skipped'}: ${reason}`
    }),
    `${plan.matched} matched: ${plan.toSend} to send, ${plan.toFail} to fail, ${plan.toSkip} to skip`,
    ...plan.notes,
    'Nothing has been sent. Add --apply to do it.',
  ]
  return `${lines.map(plainLine).join('\n')}\n`
}
