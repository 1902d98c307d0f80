import type { CleanupPlanView, TopicPlanView } from '@odradek/broker'
import { GIB, KIB, MIB, TIB } from '@odradek/config'
import { adminFlags, askAdmin } from '../admin-listener.ts'
import { type Command, CommandError } from '../command.ts'
import { type Cell, textTable } from '../text-table.ts'

/** Of those that were, and of those that will be. */
const ROWS_MAX = 40

const reasons = { time: 'retention.ms', size: 'retention.bytes', forced: 'the disk is too full' } as const
const kept = {
  compacted: 'is compacted',
  internal: 'is internal',
  unlimited: 'has no limit',
  young: 'is within its limits',
  active: 'is past its limits only in a segment that grows, which goes while the disk is tight',
  undecided: 'is past its limits only in what is not committed, or of open transactions',
} as const

export const cleanupPlan: Command = {
  name: 'cleanup plan',
  summary: 'Print what cleanup will delete and compact of each topic, when and why, and what it deleted lately.',
  flags: {
    ...adminFlags,
    hours: { type: 'string', value: 'N', doc: 'How far to look ahead [24].' },
    topic: { type: 'string', value: 'TOPIC', doc: 'Only of this topic.' },
    json: { type: 'boolean', doc: 'Print JSON.' },
  },
  examples: ['odradek cleanup plan', 'odradek cleanup plan --hours 168 --topic orders'],
  async run(args) {
    const query = new URLSearchParams({ hours: args.text('hours') ?? '24' })
    const topic = args.text('topic')
    if (topic !== undefined) query.set('topic', topic)
    const plan = await askAdmin<CleanupPlanView>(args, `/v1/cleanup/plan?${query}`)
    if (topic !== undefined && plan.topics.length === 0)
      throw new CommandError(`the broker that was asked has no usable partition of "${topic}" that it leads`)
    process.stdout.write(args.flag('json') ? `${JSON.stringify(plan, null, 2)}\n` : planText(plan))
    return 0
  },
}

/** The plan for a terminal. */
export function planText(plan: CleanupPlanView): string {
  const steps = plan.topics.flatMap(({ topic, steps: own }) => own.map((step) => ({ topic, ...step })))
  steps.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  const compaction = plan.topics.flatMap(({ topic, compaction: own }) => own.map((state) => ({ topic, ...state })))
  const when = plan.deleteWhen
  const profile = when === null ? '' : `, deletes in the hours ${when.hours.join(', ')} (${when.timezone})`
  return [
    section(
      `Disks (profile ${plan.profile}${profile})`,
      ['USED', 'STATE', 'DIRECTORIES'],
      [
        ...plan.disks.map(({ directories, usedPercent, state }) => [`${usedPercent} %`, state, directories.join(', ')]),
        ...plan.offline.map(({ directory, error }) => ['-', 'offline', `${directory} (${error})`]),
      ],
    ),
    section(
      `Will go until ${minute(plan.until)}`,
      ['WHEN', 'TOPIC', 'WHY', 'SEGMENTS', 'SIZE', 'LOGS BEGIN AT'],
      steps.map(({ at, topic, reason, segments, bytes, startOffsets }) => [
        minute(at),
        topic,
        reasons[reason],
        segments,
        size(bytes),
        offsetsText(startOffsets),
      ]),
    ),
    section(
      'Stays',
      ['TOPIC', 'SIZE', 'BECAUSE IT'],
      plan.topics.flatMap((topic) => (topic.kept === null ? [] : [[topic.topic, size(topic.bytes), keptText(topic)]])),
    ),
    section(
      'Compaction',
      ['TOPIC', 'PARTITION', 'NEW', 'OF', 'WHEN'],
      compaction
        .filter(({ bytes }) => bytes > 0)
        .map(({ topic, partition, dirtyRatio, bytes, dueAt }) => [
          topic,
          partition,
          `${(dirtyRatio * 100).toFixed(1)} %`,
          size(bytes),
          dueAt === null ? 'when more is new' : minute(dueAt),
        ]),
    ),
    section(
      'Went lately',
      ['WHEN', 'TOPIC', 'PARTITION', 'WHY', 'SEGMENTS', 'SIZE', 'LOG BEGINS AT'],
      plan.recent.map(({ time, topic, partition, reason, segments, bytes, startOffset }) => [
        minute(time),
        topic,
        partition,
        reasons[reason],
        segments,
        size(bytes),
        startOffset,
      ]),
    ),
  ]
    .filter((text) => text !== '')
    .join('\n')
}

function section(title: string, head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  if (rows.length === 0) return ''
  const left = rows.length - ROWS_MAX
  return `${title}\n${textTable(head, rows.slice(0, ROWS_MAX))}${left > 0 ? `and ${left} more (--json has all)\n` : ''}`
}

function keptText({ kept: reason }: TopicPlanView): string {
  return reason === null ? '' : kept[reason]
}

/** `2026-06-01 04:00Z` */
function minute(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)}Z`
}

/** `0: 120, 1: 99`, of the first few partitions. */
function offsetsText(offsets: Readonly<Record<number, number>>): string {
  const entries = Object.entries(offsets)
  const shown = entries.slice(0, 4).map(([partition, offset]) => `${partition}: ${offset}`)
  return `${shown.join(', ')}${entries.length > 4 ? ' …' : ''}`
}

function size(bytes: number): string {
  for (const [unit, name] of [
    [TIB, 'TiB'],
    [GIB, 'GiB'],
    [MIB, 'MiB'],
    [KIB, 'KiB'],
  ] as const) {
    if (bytes >= unit) return `${(bytes / unit).toFixed(1)} ${name}`
  }
  return `${bytes} B`
}
