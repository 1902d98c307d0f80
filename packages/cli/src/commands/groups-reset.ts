import { writeFileSync } from 'node:fs'
import { applyReset, planReset, type ResetPlan, type ResetTarget, targetText } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import { type Arguments, type Command, CommandError, UsageError } from '../command.ts'
import { parseNumber, parseTime, parseTopicScope } from '../partition-scope.ts'
import { counted, textTable } from '../text-table.ts'

const targets = ['to-earliest', 'to-latest', 'to-time', 'to-offset', 'by', 'to-group', 'set'] as const

export const groupsReset: Command = {
  name: 'groups reset',
  summary: "Move a group's offsets. Prints the plan; --apply does it, unless something has moved in between.",
  positionals: ['GROUP'],
  flags: {
    'to-earliest': { type: 'boolean', doc: 'To the first record that is there.' },
    'to-latest': { type: 'boolean', doc: 'To the end: skips what is there.' },
    'to-time': {
      type: 'string',
      value: 'TIME',
      doc: 'To the first record at or after a time: ISO 8601, epoch ms, or 2h ago.',
    },
    'to-offset': { type: 'string', value: 'N', doc: 'To this offset in every partition.' },
    by: { type: 'string', value: 'N', doc: 'By so many offsets; back if negative (--by=-10).' },
    'to-group': { type: 'string', value: 'GROUP', doc: 'To where another group is.' },
    set: {
      type: 'string',
      value: 'TOPIC/PARTITION@N',
      multiple: true,
      doc: 'One partition to an offset; @none takes its commit away. May be repeated.',
    },
    topic: {
      type: 'string',
      value: 'TOPIC[:0,1]',
      multiple: true,
      doc: 'Only this topic, or some of its partitions [all that the group has read]. May be repeated.',
    },
    apply: { type: 'boolean', doc: 'Do it.' },
    save: { type: 'string', value: 'FILE', doc: 'Write the command that undoes it there.' },
    ...clusterFlags,
  },
  examples: [
    'odradek groups reset billing --to-time 2h',
    'odradek groups reset billing --topic orders:3 --by 1 --apply',
    'odradek groups reset billing --to-group billing-copy --apply --save undo.sh',
  ],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const group = args.positionals[0]!
      const target = targetOf(args)
      const topics = args.list('topic')
      const scope = topics.length > 0 ? topics.map(parseTopicScope) : null
      const plan = await planReset(cluster, group, target, scope)
      const isJson = args.flag('json')
      if (!isJson) process.stdout.write(planText(plan))
      if (!args.flag('apply')) {
        if (isJson) process.stdout.write(`${JSON.stringify(plan, null, 2)}\n`)
        else process.stdout.write('\nNothing has been moved. Add --apply to do it.\n')
        return 0
      }
      const results = await applyReset(cluster, plan)
      const failed = results.filter(({ error }) => error !== null)
      const moved = results.filter(({ error }) => error === null)
      const undo = `odradek groups reset ${shellWord(group)} ${moved
        .map(({ topic, partition, before }) => `--set ${shellWord(`${topic}/${partition}@${before ?? 'none'}`)}`)
        .join(
          ' ',
        )} --apply${args.text('bootstrap') === undefined ? '' : ` --bootstrap ${shellWord(args.text('bootstrap')!)}`}`
      const file = args.text('save')
      if (file !== undefined) writeFileSync(file, `${undo}\n`)
      if (isJson) process.stdout.write(`${JSON.stringify({ plan, results, undo }, null, 2)}\n`)
      else {
        process.stdout.write(`\nMoved ${counted(moved.length, 'partition')}. To undo: ${file ?? undo}\n`)
        for (const { topic, partition, error } of failed)
          process.stderr.write(`${topic}/${partition} failed: ${error}\n`)
      }
      return failed.length > 0 ? 1 : 0
    }),
}

function targetOf(args: Arguments): ResetTarget {
  const given = targets.filter((name) => args.flag(name) || args.text(name) !== undefined || args.list(name).length > 0)
  const [kind] = given
  if (kind === undefined || given.length > 1) {
    throw new UsageError(`groups reset needs one of ${targets.map((name) => `--${name}`).join(', ')}`)
  }
  const text = args.text(kind) ?? ''
  switch (kind) {
    case 'to-earliest':
      return { kind: 'earliest' }
    case 'to-latest':
      return { kind: 'latest' }
    case 'to-time':
      return { kind: 'time', timestampMs: parseTime(kind, text, Date.now()) }
    case 'to-offset':
      return { kind: 'offset', offset: parseNumber(kind, text) }
    case 'by':
      return { kind: 'shift', by: parseNumber(kind, text, Number.MIN_SAFE_INTEGER) }
    case 'to-group':
      return { kind: 'group', group: text }
    case 'set':
      return { kind: 'offsets', offsets: offsetsOf(args.list('set')) }
    default:
      return kind satisfies never
  }
}

function offsetsOf(texts: readonly string[]): Record<string, Record<string, number | null>> {
  const offsets: Record<string, Record<string, number | null>> = {}
  for (const text of texts) {
    const match = /^(.+)\/(\d+)@(\d+|none)$/s.exec(text)
    if (!match) throw new UsageError(`--set must be TOPIC/PARTITION@OFFSET, not "${text}"`)
    const [, topic = '', partition = '', offset] = match
    offsets[topic] ??= {}
    offsets[topic][partition] = offset === 'none' ? null : Number(offset)
  }
  return offsets
}

function planText(plan: ResetPlan): string {
  const { group, rows, totals, state } = plan
  if (rows.length === 0)
    throw new CommandError(`Group "${group}" has read nothing that could be moved. Name topics with --topic.`)
  const table = rows.map(
    ({ topic, partition, current, target, targetTimestampMs, lagNow, lagAfter, replays, skips, flags, error }) => {
      const time = targetTimestampMs === null ? null : new Date(targetTimestampMs).toISOString()
      const notes = error ?? flags.join(', ')
      return [topic, partition, current, target, time, lagNow, lagAfter, replays || null, skips || null, notes]
    },
  )
  const head = ['TOPIC', 'PARTITION', 'NOW', 'TO', 'RECORD OF', 'LAG NOW', 'LAG AFTER', 'REPLAYS', 'SKIPS', '']
  const topics = counted(totals.topics, 'topic')
  const partitions = counted(totals.partitions, 'partition')
  const oldest = totals.oldestMs === null ? '' : `, oldest ${new Date(totals.oldestMs).toISOString()}`
  const sum = `Group ${group}, ${targetText(plan.target)}: ${topics}, ${partitions}: replays ${totals.replays}, skips ${totals.skips}${oldest}.\n`
  const clients = state.members.map(({ clientId, host }) => `${clientId} (${host})`).join(', ')
  const busy = state.canBeMoved ? '' : `The group is ${state.state}; it can be moved only without members: ${clients}\n`
  return `${textTable(head, table)}\n${sum}${busy}`
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
