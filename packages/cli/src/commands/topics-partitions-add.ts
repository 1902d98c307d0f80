import { addPartitions, topicPlaces } from '@odradek/client'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import { type Command, UsageError } from '../command.ts'
import { parseNumber } from '../partition-scope.ts'

const INT32_MAX = 0x7fff_ffff

export const topicsPartitionsAdd: Command = {
  name: 'topics partitions add',
  summary: 'Give a topic more partitions. There is no way back, and keys may go to another partition than before.',
  positionals: ['TOPIC'],
  flags: {
    total: { type: 'string', value: 'N', doc: 'How many there are afterwards.' },
    ...clusterFlags,
  },
  examples: ['odradek topics partitions add orders --total 24'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const topic = args.positionals[0]!
      const text = args.text('total')
      if (text === undefined) throw new UsageError('topics partitions add needs --total')
      const total = parseNumber('total', text, 1, INT32_MAX)
      const before = (await topicPlaces(cluster, topic)).partitions.length
      await addPartitions(cluster, topic, total)
      const result = { topic, before, partitions: total }
      const sentence = `${topic} has ${total} partitions; it had ${before}.\n`
      process.stdout.write(args.flag('json') ? `${JSON.stringify(result, null, 2)}\n` : sentence)
      return 0
    }),
}
