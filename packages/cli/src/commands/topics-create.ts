import { createTopic } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import { type Command, UsageError } from '../command.ts'
import { parseNumber } from '../partition-scope.ts'
import { counted } from '../text-table.ts'

const INT16_MAX = 0x7fff
const INT32_MAX = 0x7fff_ffff

export const topicsCreate: Command = {
  name: 'topics create',
  summary: 'Create a topic.',
  positionals: ['TOPIC'],
  flags: {
    partitions: { type: 'string', short: 'p', value: 'N', doc: "Its partitions [the broker's num.partitions]." },
    replicas: { type: 'string', value: 'N', doc: "Replicas of each [the broker's default.replication.factor]." },
    set: { type: 'string', short: 's', value: 'KEY=VALUE', multiple: true, doc: 'Set one config; may be repeated.' },
    'validate-only': { type: 'boolean', doc: 'Ask the cluster whether it would, and create nothing.' },
    ...clusterFlags,
  },
  examples: ['odradek topics create orders --partitions 12 --set retention.ms=86400000'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const name = args.positionals[0]!
      const configs = Object.fromEntries(
        args.list('set').map((text) => {
          const at = text.indexOf('=')
          if (at < 1) throw new UsageError(`--set must be KEY=VALUE, not "${text}"`)
          return [text.slice(0, at), text.slice(at + 1)]
        }),
      )
      // What is above does not fit into the request: it would ask for some other number.
      const count = (flag: string, max: number) => {
        const text = args.text(flag)
        return text === undefined ? undefined : parseNumber(flag, text, 1, max)
      }
      const validateOnly = args.flag('validate-only')
      const partitionCount = count('partitions', INT32_MAX)
      const topic = { name, partitions: partitionCount, replicationFactor: count('replicas', INT16_MAX), configs }
      const created = await createTopic(cluster, topic, { validateOnly })
      const { partitions, replicationFactor } = created
      const done = validateOnly ? 'The cluster would create' : 'Created'
      const text = `${done} ${name}: ${countOf(partitions, 'partition')}, ${countOf(replicationFactor, 'replica')} each.\n`
      process.stdout.write(args.flag('json') ? `${JSON.stringify(created, null, 2)}\n` : text)
      return 0
    }),
}

function countOf(count: number | null, noun: string): string {
  return count === null ? `default ${noun}s` : counted(count, noun)
}
