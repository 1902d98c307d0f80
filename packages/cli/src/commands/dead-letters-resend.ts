import { listDeadLetters, type ResendOptions, resendDeadLetters } from '@odradek/client'
import { numberOf } from '../admin-flags.ts'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import { type Arguments, type Command, UsageError } from '../command.ts'

export const deadLettersResend: Command = {
  name: 'dead-letters resend',
  summary: 'Send dead letters of a consumer group again; they stay where they are. Sent twice, they are there twice.',
  positionals: ['GROUP'],
  flags: {
    partition: { type: 'string', short: 'p', value: 'N', doc: 'The partition of one letter.' },
    offset: { type: 'string', value: 'OFFSET', doc: 'Its offset.' },
    newest: { type: 'string', value: 'N', doc: 'So many of the newest instead, the oldest of them first.' },
    to: {
      type: 'string',
      value: 'retry|origin',
      doc: 'To the retry topic of the group, or to the topic of origin [retry].',
    },
    value: { type: 'string', value: 'TEXT', doc: 'Send this value in the place of its own.' },
    rate: { type: 'string', value: 'N', doc: 'So many a second at most.' },
    'dry-run': { type: 'boolean', doc: 'Say what would be sent, and send nothing.' },
    ...clusterFlags,
  },
  examples: [
    'odradek dead-letters resend payments --partition 0 --offset 42',
    'odradek dead-letters resend payments --newest 500 --to origin --rate 100 --dry-run',
  ],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const group = args.positionals[0]!
      const options = optionsOf(args)
      const [partition, offset, newest] = [
        numberOf(args, 'partition'),
        numberOf(args, 'offset'),
        numberOf(args, 'newest'),
      ]
      const isOne = partition !== undefined && offset !== undefined
      if (isOne === (newest !== undefined))
        throw new UsageError('name one letter by --partition and --offset, or --newest N')
      const places = isOne ? [{ partition, offset }] : (await listDeadLetters(cluster, group, newest)).toReversed()
      const report = await resendDeadLetters(cluster, group, places, options)
      if (args.flag('json')) process.stdout.write(`${JSON.stringify(report)}\n`)
      else {
        for (const result of report.results) {
          process.stdout.write(
            `partition ${result.partition}  offset ${result.offset}  ${result.outcome}: ${result.text}\n`,
          )
        }
        const { matched, sent, failed, skipped } = report
        process.stdout.write(`${matched} matched: ${sent} sent, ${failed} failed, ${skipped} skipped\n`)
      }
      return report.failed === 0 ? 0 : 1
    }),
}

function optionsOf(args: Arguments): ResendOptions {
  const to = args.text('to') ?? 'retry'
  if (to !== 'retry' && to !== 'origin') throw new UsageError(`--to must be retry or origin, not "${to}"`)
  const rate = numberOf(args, 'rate')
  if (rate === 0) throw new UsageError('--rate must be at least 1')
  const value = args.text('value')
  return {
    to,
    dryRun: args.flag('dry-run'),
    ...(rate === undefined ? {} : { recordsPerSecond: rate }),
    ...(value === undefined ? {} : { value: Buffer.from(value) }),
  }
}
