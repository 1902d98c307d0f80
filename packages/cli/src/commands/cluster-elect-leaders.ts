import { electLeaders, topicPlaces } from '@odradek/client'
import { errorName } from '@odradek/protocol'
import { clusterFlags, withCluster } from '../cluster-flags.ts'
import { type Command, UsageError } from '../command.ts'
import { parseTopicScope } from '../partition-scope.ts'
import { counted } from '../text-table.ts'

export const clusterElectLeaders: Command = {
  name: 'cluster elect-leaders',
  summary: 'Give partitions back to their preferred leaders, the first of their replicas, where those are in sync.',
  flags: {
    topic: {
      type: 'string',
      short: 't',
      multiple: true,
      value: 'TOPIC[:N,…]',
      doc: 'Only of this topic, or of these partitions of it; may be repeated [all].',
    },
    unclean: {
      type: 'boolean',
      doc: 'Where no replica that is in sync is alive, let any lead; records it has not got are lost. Needs --topic.',
    },
    ...clusterFlags,
  },
  examples: ['odradek cluster elect-leaders', 'odradek cluster elect-leaders --topic orders:3 --unclean'],
  run: (args) =>
    withCluster(args, async (cluster) => {
      const scopes = args.list('topic').map(parseTopicScope)
      const isUnclean = args.flag('unclean')
      if (isUnclean && scopes.length === 0) throw new UsageError('cluster elect-leaders --unclean needs --topic')
      const asked = await Promise.all(
        scopes.map(async ({ topic, partitions }) => {
          if (partitions !== null) return { topic, partitions }
          const places = await topicPlaces(cluster, topic)
          return { topic, partitions: places.partitions.map(({ partition }) => partition) }
        }),
      )
      const byTopic = new Map<string, Set<number>>()
      for (const { topic, partitions } of asked) {
        byTopic.set(topic, new Set([...(byTopic.get(topic) ?? []), ...partitions]))
      }
      const wanted = new Map([...byTopic].map(([topic, partitions]) => [topic, [...partitions]]))
      const outcomes = await electLeaders(cluster, scopes.length === 0 ? null : wanted, { isUnclean })
      // A partition with the leader it should have is no failure.
      const failed = outcomes.filter(
        ({ errorCode }) => errorCode !== 0 && errorName(errorCode) !== 'ELECTION_NOT_NEEDED',
      )
      const elected = outcomes.filter(({ errorCode }) => errorCode === 0)
      if (args.flag('json')) process.stdout.write(`${JSON.stringify({ elected, failed }, null, 2)}\n`)
      else {
        process.stdout.write(`${counted(elected.length, 'leader')} elected.\n`)
        for (const { topic, partition, errorCode, errorMessage } of failed) {
          process.stdout.write(`${topic}-${partition}: ${errorMessage ?? errorName(errorCode)}\n`)
        }
      }
      return failed.length === 0 ? 0 : 1
    }),
}
