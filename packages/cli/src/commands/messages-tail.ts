import { FilterError, MessageSource, tail } from '@odradek/client'
import { withCluster } from '../cluster-flags.ts'
import { type Command, CommandError } from '../command.ts'
import { decodersOf, filterOf, messageFlags, rowText } from '../message-flags.ts'
import { parseNumber } from '../partition-scope.ts'

export const messagesTail: Command = {
  name: 'messages tail',
  summary: 'Print messages of a topic as they are written, until Ctrl-C.',
  positionals: ['TOPIC'],
  flags: {
    'max-rate': { type: 'string', value: 'N', doc: 'Leave out what is beyond N a second [10000].' },
    ...messageFlags,
  },
  examples: ['odradek messages tail orders', 'odradek messages tail payments --filter \'value.state == "declined"\''],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const topic = args.positionals[0]!
      const partitions = args.text('partitions')?.split(',')
      const schemaRegistryUrl = args.text('schema-registry')
      const source = new MessageSource({ ...cluster.options, ...(schemaRegistryUrl && { schemaRegistryUrl }) }, cluster)
      const stop = new AbortController()
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
      let dropped = 0
      let waiting: string | null = null
      try {
        await tail(
          source,
          {
            topic,
            filter: filterOf(args),
            decoders: decodersOf(args),
            readCommitted: !args.flag('uncommitted'),
            rowsPerSecondMax: parseNumber('max-rate', args.text('max-rate') ?? '10000', 1),
            ...(partitions && { partitions: partitions.map((text) => parseNumber('partitions', text)) }),
          },
          (report) => {
            for (const row of report.rows) process.stdout.write(rowText(topic, row, args.flag('json')))
            if (report.dropped > dropped) process.stderr.write(`${report.dropped - dropped} left out\n`)
            if (report.waitingFor !== null && report.waitingFor !== waiting)
              process.stderr.write(`${report.waitingFor}\n`)
            dropped = report.dropped
            waiting = report.waitingFor
          },
          stop.signal,
        )
        return 0
      } catch (error) {
        if (error instanceof FilterError) throw new CommandError(`the filter cannot be used: ${error.message}`)
        throw error
      }
    }),
}
