import { type PurgedPartition, type PurgePlan, type PurgeTarget, planPurge, purgeLetters } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import { type Arguments, type Command, UsageError } from '../command.ts'
import { lettersNamed, sourceOf } from '../letter-flags.ts'
import { parseTime } from '../partition-scope.ts'
import { counted, textTable } from '../text-table.ts'

export const deadLettersPurge: Command = {
  name: 'dead-letters purge',
  summary: 'Delete the oldest dead letters for good. Prints what would go; --apply does it.',
  positionals: ['GROUP'],
  flags: {
    all: { type: 'boolean', doc: 'All there are now.' },
    'before-time': { type: 'string', value: 'TIME', doc: 'Those that died before: ISO 8601, epoch ms, or 7d.' },
    resolved: { type: 'boolean', doc: 'Of each partition the oldest, up to the first that is not marked as resolved.' },
    apply: { type: 'boolean', doc: 'Do it.' },
    ...clusterFlags,
  },
  examples: [
    'odradek dead-letters purge payments --resolved',
    'odradek dead-letters purge payments --before-time 30d --apply',
  ],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const target = targetOf(args)
      const { topic } = await lettersNamed(cluster, args.positionals[0]!)
      const plan = await planPurge(sourceOf(args, cluster), topic, target)
      const isJson = args.flag('json')
      if (!isJson) {
        const rows = plan.rows.map(({ partition, start, end, before, letters, unresolved }) => {
          return [partition, start, end, before, letters, unresolved]
        })
        const head = ['PARTITION', 'START', 'END', 'NEW START', 'LETTERS', 'NOT RESOLVED']
        process.stdout.write(`${textTable(head, rows)}\n${plan.note}\n`)
      }
      if (!args.flag('apply')) {
        process.stdout.write(
          isJson ? `${JSON.stringify(plan, null, 2)}\n` : 'Nothing has been deleted. Add --apply to do it.\n',
        )
        return 0
      }
      const results = await purgeLetters(cluster, plan)
      const failed = results.filter(({ error }) => error !== null)
      const purged = purgedLetters(plan, results)
      if (isJson) process.stdout.write(`${JSON.stringify({ plan, results }, null, 2)}\n`)
      else
        process.stdout.write(
          `Purged ${counted(purged, 'letter')} of ${counted(results.length - failed.length, 'partition')}.\n`,
        )
      for (const { partition, error } of failed) process.stderr.write(`partition ${partition} failed: ${error}\n`)
      return failed.length > 0 ? 1 : 0
    }),
}

/** How many letters went: those of partitions that did not fail. */
export function purgedLetters(plan: Pick<PurgePlan, 'rows'>, results: readonly PurgedPartition[]): number {
  const done = new Set(results.filter(({ error }) => error === null).map(({ partition }) => partition))
  return plan.rows.reduce((sum, { partition, letters }) => (done.has(partition) ? sum + letters : sum), 0)
}

function targetOf(args: Arguments): PurgeTarget {
  const before = args.text('before-time')
  const given = [args.flag('all'), before !== undefined, args.flag('resolved')].filter(Boolean).length
  if (given !== 1) throw new UsageError('dead-letters purge needs one of --all, --before-time, --resolved')
  if (before !== undefined) return { kind: 'time', timestampMs: parseTime('before-time', before, Date.now()) }
  return { kind: args.flag('all') ? 'all' : 'resolved' }
}
