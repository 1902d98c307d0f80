import { type DeleteRecordsTarget, deleteRecords, planDeleteRecords } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import { type Arguments, type Command, UsageError } from '../command.ts'
import { parseNumber, parseTime } from '../partition-scope.ts'
import { counted, textTable } from '../text-table.ts'

const targets = ['all', 'before-time', 'before-offset', 'keep'] as const

export const topicsRecordsDelete: Command = {
  name: 'topics records delete',
  summary: 'Delete the oldest records of a topic. Prints what would go from each partition; --apply does it.',
  positionals: ['TOPIC'],
  flags: {
    all: { type: 'boolean', doc: 'Everything that is there now.' },
    'before-time': { type: 'string', value: 'TIME', doc: 'Records older than this: ISO 8601, epoch ms, or 7d ago.' },
    'before-offset': {
      type: 'string',
      value: 'PARTITION:N',
      multiple: true,
      doc: 'Records of a partition before an offset. May be repeated.',
    },
    keep: { type: 'string', value: 'N', doc: 'All but the newest N of each partition.' },
    partitions: { type: 'string', value: '0,1', doc: 'Only these partitions [all].' },
    apply: { type: 'boolean', doc: 'Do it.' },
    ...clusterFlags,
  },
  examples: [
    'odradek topics records delete orders --before-time 7d',
    'odradek topics records delete orders --all --apply',
  ],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const topic = args.positionals[0]!
      const partitions =
        args
          .text('partitions')
          ?.split(',')
          .map((text) => parseNumber('partitions', text)) ?? null
      const plan = await planDeleteRecords(cluster, topic, targetOf(args), partitions)
      const isJson = args.flag('json')
      if (!isJson) {
        const rows = plan.rows.map(({ partition, start, end, before, records, flags, error }) => {
          return [partition, start, end, before, records, error ?? flags.join(', ')]
        })
        const head = ['PARTITION', 'START', 'END', 'NEW START', 'RECORDS', '']
        const emptied = plan.emptied === 0 ? '' : `, ${counted(plan.emptied, 'partition')} emptied`
        const sum = `${counted(plan.records, 'record')} of ${counted(plan.changed, 'partition')}${emptied}.`
        process.stdout.write(`${textTable(head, rows)}\n${sum}\n`)
      }
      if (!args.flag('apply')) {
        process.stdout.write(
          isJson ? `${JSON.stringify(plan, null, 2)}\n` : 'Nothing has been deleted. Add --apply to do it.\n',
        )
        return 0
      }
      const results = await deleteRecords(cluster, plan)
      const failed = results.filter(({ error }) => error !== null)
      if (isJson) process.stdout.write(`${JSON.stringify({ plan, results }, null, 2)}\n`)
      else process.stdout.write(`Deleted from ${counted(results.length - failed.length, 'partition')}.\n`)
      for (const { partition, error } of failed) process.stderr.write(`partition ${partition} failed: ${error}\n`)
      return failed.length > 0 ? 1 : 0
    }),
}

function targetOf(args: Arguments): DeleteRecordsTarget {
  const given = targets.filter((name) => args.flag(name) || args.text(name) !== undefined || args.list(name).length > 0)
  const [kind] = given
  if (kind === undefined || given.length > 1) {
    throw new UsageError(`topics records delete needs one of ${targets.map((name) => `--${name}`).join(', ')}`)
  }
  switch (kind) {
    case 'all':
      return { kind: 'all' }
    case 'before-time':
      return { kind: 'time', timestampMs: parseTime(kind, args.text(kind) ?? '', Date.now()) }
    case 'keep':
      return { kind: 'keep', count: parseNumber(kind, args.text(kind) ?? '') }
    case 'before-offset': {
      const offsets = args.list(kind).map((text) => {
        const match = /^(\d+):(\d+)$/.exec(text)
        if (!match) throw new UsageError(`--before-offset must be PARTITION:OFFSET, not "${text}"`)
        return [match[1]!, Number(match[2])]
      })
      return { kind: 'offsets', offsets: Object.fromEntries(offsets) }
    }
    default:
      return kind satisfies never
  }
}
