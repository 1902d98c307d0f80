import { FilterError, MessageSource, SCAN_ROWS_MAX, type ScanFrom, type ScanTo, scan } from '@odradek/client'
import { withCluster } from '../cluster-flags.ts'
import { type Arguments, type Command, CommandError, UsageError } from '../command.ts'
import { decodersOf, filterOf, messageFlags, rowText } from '../message-flags.ts'
import { parseNumber, parseTime } from '../partition-scope.ts'
import { counted } from '../text-table.ts'

export const messagesFind: Command = {
  name: 'messages find',
  summary: 'Print messages of a topic between two bounds: the newest, unless --from says otherwise.',
  positionals: ['TOPIC'],
  flags: {
    from: {
      type: 'string',
      value: 'BOUND',
      doc: 'newest, earliest, an offset, or a time: ISO 8601, epoch ms, 2h [newest].',
    },
    to: { type: 'string', value: 'BOUND', doc: 'now, an offset or a time; what is there is not included [now].' },
    limit: { type: 'string', value: 'N', doc: `Stop after N messages, at most ${SCAN_ROWS_MAX} [50].` },
    continue: { type: 'string', value: 'TOKEN', doc: 'Go on where an earlier search stopped.' },
    ...messageFlags,
  },
  examples: [
    'odradek messages find orders --filter \'value.total > 100.0 && headers.source == "web"\'',
    'odradek messages find orders --from 2h --contains "9007199254740993" --json',
  ],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const topic = args.positionals[0]!
      const limit = parseNumber('limit', args.text('limit') ?? '50', 1)
      if (limit > SCAN_ROWS_MAX) throw new UsageError(`--limit must be at most ${SCAN_ROWS_MAX}`)
      const partitions = args.text('partitions')?.split(',')
      const schemaRegistryUrl = args.text('schema-registry')
      const resume = args.text('continue')
      const source = new MessageSource({ ...cluster.options, ...(schemaRegistryUrl && { schemaRegistryUrl }) }, cluster)
      const stop = new AbortController()
      process.once('SIGINT', () => stop.abort())
      try {
        const last = await scan(
          source,
          {
            topic,
            from: fromOf(args),
            to: toOf(args),
            filter: filterOf(args),
            decoders: decodersOf(args),
            readCommitted: !args.flag('uncommitted'),
            limit,
            ...(partitions && { partitions: partitions.map((text) => parseNumber('partitions', text)) }),
            ...(resume !== undefined && { resume }),
          },
          {
            rows: (rows) => {
              for (const row of rows) process.stdout.write(rowText(topic, row, args.flag('json')))
            },
            progress: () => {},
          },
          stop.signal,
        )
        const undecided = last.undecided === 0 ? '' : `, ${last.undecided} not decided (${last.undecidedReason})`
        process.stderr.write(
          `${last.matched} of ${counted(last.scanned, 'message')}${undecided} in ${last.elapsedMs} ms\n`,
        )
        for (const note of last.notes) process.stderr.write(`${note}\n`)
        if (last.resume !== null) process.stderr.write(`More: --continue '${last.resume}'\n`)
        if (last.failure === null) return 0
        process.stderr.write(`odradek: ${last.failure}\n`)
        return 1
      } catch (error) {
        if (error instanceof FilterError) throw new CommandError(`the filter cannot be used: ${error.message}`)
        throw error
      }
    }),
}

function fromOf(args: Arguments): ScanFrom {
  const text = args.text('from') ?? 'newest'
  if (text === 'newest' || text === 'earliest') return { kind: text }
  if (/^\d{1,9}$/.test(text)) return { kind: 'offset', offset: Number(text) }
  return { kind: 'time', timestamp: parseTime('from', text, Date.now()) }
}

function toOf(args: Arguments): ScanTo {
  const text = args.text('to') ?? 'now'
  if (text === 'now') return { kind: 'now' }
  if (/^\d{1,9}$/.test(text)) return { kind: 'offset', offset: Number(text) }
  return { kind: 'time', timestamp: parseTime('to', text, Date.now()) }
}
